/** REST calls. Every failure becomes an `ApiError` with the server's code and problems. */

import { own, t } from "./i18n.svelte";

/** A fault in what was sent, or a reason why a step may not be taken. */
export interface Problem {
  field?: string;
  found?: string;
  expected?: string;
  text_zh?: string;
  text_en?: string;
  rule?: string;
  clause?: string;
  gate?: string;
  deadline?: string | null;
  file?: string;
  line?: number | null;
}

function sentence(p: Problem): string {
  if (p.field !== undefined) return `${p.field}: ${p.found} → ${p.expected}`;
  return [own({ text_zh: p.text_zh ?? "", text_en: p.text_en ?? "" }), p.rule].filter(Boolean).join(" · ");
}

export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly problems: Problem[] = [],
  ) {
    super(message);
  }
}

let loginRequired: () => void = () => undefined;

/** Called when the server asks for a login: the session has ended. */
export function onLoginRequired(work: () => void): void {
  loginRequired = work;
}

async function read<T>(path: string, init?: RequestInit): Promise<T> {
  let reply: Response;
  try {
    reply = await fetch(path, init);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError("offline", String(cause));
  }
  if (reply.ok) return (await reply.json()) as T;
  const body = (await reply.json().catch(() => null)) as {
    error?: { code: string; message: string; problems?: Problem[] };
  } | null;
  if (body?.error?.code === "login-required") loginRequired();
  if (body?.error) throw new ApiError(body.error.code, body.error.message, body.error.problems);
  throw new ApiError(String(reply.status), reply.statusText);
}

export function get<T>(
  path: string,
  query: Record<string, string | number> = {},
  signal?: AbortSignal,
): Promise<T> {
  const text = new URLSearchParams(
    Object.entries(query).map(([name, value]) => [name, String(value)]),
  ).toString();
  return read<T>(text ? `${path}?${text}` : path, { signal });
}

export function post<T>(path: string, body: unknown, headers: Record<string, string> = {}) {
  return read<T>(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

export function messageOf(error: unknown): string {
  if (error instanceof ApiError && error.problems.length) {
    return `${error.message} (${error.problems.map(sentence).join("; ")})`;
  }
  if (error instanceof ApiError && error.code === "offline") return t("site.offline");
  if (error instanceof ApiError && error.code === "not-allowed") return t("session.not-allowed");
  return error instanceof Error ? error.message : String(error);
}
