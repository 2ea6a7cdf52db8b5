/** Texts in Chinese and English. Both files have the same keys: a test and the compiler see to it. */

import en from "./i18n/en.json";
import zh from "./i18n/zh.json";

export type Language = "zh" | "en";
export type Key = keyof typeof zh;

const TEXTS: Record<Language, Record<Key, string>> = { zh, en };
const STORED = "ringmain.language";

class Words {
  language = $state<Language>("zh");

  start(site: string): void {
    const chosen = localStorage.getItem(STORED) ?? site;
    this.language = chosen === "en" ? "en" : "zh";
  }

  choose(language: Language): void {
    this.language = language;
    localStorage.setItem(STORED, language);
  }
}

export const words = new Words();

/** The text of a key in the chosen language; `{name}` is replaced by `values.name`. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  const text = TEXTS[words.language][key];
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** A text whose key is made of parts, with the last part shown as it is when nobody translated it. */
export function word(group: string, name: string): string {
  const key = `${group}.${name}`;
  return key in TEXTS[words.language] ? TEXTS[words.language][key as Key] : name;
}

/** The field of the chosen language of a record that carries both, the other when it is empty. */
export function own(record: { text_zh: string; text_en: string }): string {
  return words.language === "zh"
    ? record.text_zh || record.text_en
    : record.text_en || record.text_zh;
}

export function ownName(record: { name_zh: string; name_en: string }): string {
  return words.language === "zh"
    ? record.name_zh || record.name_en
    : record.name_en || record.name_zh;
}
