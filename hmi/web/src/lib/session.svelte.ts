/** Who uses the page and what may be done; the server checks every request by itself. */

import { get, onLoginRequired, post } from "./api";

export type Role = "viewer" | "dispatcher" | "engineer" | "supervisor" | "administrator";
export const ROLES: Role[] = ["viewer", "dispatcher", "engineer", "supervisor", "administrator"];
const UTILITIES = ["water", "gas", "heat"] as const;
export const SCOPES = ["*", ...UTILITIES] as const;

interface Identity {
  name: string;
  kind: "session" | "token" | "lab";
  must_change: boolean;
  grants: Record<string, Role>;
  may: Record<string, string[]>;
}

interface Me {
  lab: boolean;
  language: string;
  identity: Identity | null;
}

class Session {
  me = $state.raw<Me | null>(null);
  error = $state<unknown>(null);

  constructor() {
    onLoginRequired(() => {
      if (this.me) this.me = { ...this.me, identity: null };
    });
  }

  get inside(): boolean {
    return !!this.me?.identity && !this.me.identity.must_change;
  }

  async load(): Promise<void> {
    try {
      this.me = await get<Me>("/api/me");
      this.error = null;
    } catch (error) {
      this.error = error;
    }
  }

  async login(name: string, password: string): Promise<void> {
    this.me = await post<Me>("/api/login", { name, password });
  }

  async changePassword(password: string, next: string): Promise<void> {
    const name = this.me?.identity?.name ?? "";
    await post("/api/password", { password, new_password: next });
    await this.login(name, next);
  }

  async logout(): Promise<void> {
    await post("/api/logout", {});
    location.reload();
  }

  /** Whether an action is open for a utility; without one, for any. */
  may(action: string, utility = ""): boolean {
    const may = this.me?.identity?.may ?? {};
    if (may["*"]?.includes(action)) return true;
    return utility ? !!may[utility]?.includes(action) : Object.values(may).some((a) => a.includes(action));
  }

  /** The networks this account may plan for. */
  get planned(): (typeof UTILITIES)[number][] {
    return UTILITIES.filter((one) => this.may("plan", one));
  }
}

export const session = new Session();
