/** Shorter ones are not looked for: they would tear holes into every text. */
const MIN_LENGTH = 4;
/** A piece of a secret address this long is taken for secret by itself; shorter ones are words such as "hooks". */
const MIN_PIECE_LENGTH = 8;

/** Knows what was revealed for one notification, and takes it out of everything that is logged or stored. */
export interface SecretKeeper {
  /** Notes a secret, or a text made of one, in all the forms in which a receiver may repeat it. */
  conceal(text: string): void;
  redact(text: string): string;
}

export function createSecretKeeper(): SecretKeeper {
  const forms = new Set<string>();
  return {
    conceal: (text) => {
      for (const form of formsOf(text)) if (form.length >= MIN_LENGTH) forms.add(form);
    },
    // The longest first: one secret may contain another.
    redact: (text) =>
      [...forms].sort((a, b) => b.length - a.length).reduce((cut, form) => cut.replaceAll(form, '<secret>'), text),
  };
}

function formsOf(text: string): readonly string[] {
  const forms = [text, text.trim(), ...piecesOfUrl(text)];
  return forms.flatMap((form) => {
    const json = JSON.stringify(form).slice(1, -1);
    return [form, encodeURIComponent(form), json, json.replace(/[<>&]/g, goEscape)];
  });
}

function goEscape(character: string): string {
  return `\\u00${character.charCodeAt(0).toString(16)}`;
}

/** What of an address is secret beside the whole: receivers like to answer with the path they did not find. */
function piecesOfUrl(text: string): readonly string[] {
  if (!URL.canParse(text)) return [];
  const { pathname, search, searchParams, hash, username, password } = new URL(text);
  const segments = pathname.split('/').filter((segment) => segment.length >= MIN_PIECE_LENGTH);
  const path = pathname.length > 1 ? [pathname, `${pathname}${search}`] : [];
  const encoded = [...path, ...segments, username, password, hash.slice(1), search.slice(1)];
  const login = username === '' && password === '' ? [] : [base64(`${decoded(username)}:${decoded(password)}`)];
  const fromUrl = [...encoded, ...encoded.map(decoded), ...searchParams.values(), ...login];
  return fromUrl.filter((piece) => piece !== '');
}

/** As headers carry a user and password. */
export function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
