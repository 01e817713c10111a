// The names of images, with the grammar that Docker and all registries share: [registry/]path[:tag][@digest]. A name has
// a full form, "docker.io/library/x:latest", and the familiar one that people type and read, "x:latest".
//
// Source: the reference grammar and normalisation of github.com/distribution/reference.

import { UserError } from "../errors.ts";
import { quote } from "../oci/parse/fault.ts";

export interface Reference {
  /** The registry: "docker.io", "localhost:5000", "[::1]:5000". */
  readonly domain: string;
  /** Below the registry: "library/x". At most 255 characters. */
  readonly path: string;
  /** At most 128 characters. */
  readonly tag?: string;
  /** "sha256:" and hexadecimal digits. */
  readonly digest?: string;
}

const DEFAULT_DOMAIN = "docker.io";
const LEGACY_DOMAIN = "index.docker.io";
const OFFICIAL = "library/";
const DEFAULT_TAG = "latest";

/** Longer than the longest path, tag and digest together; what is longer is not looked at. */
const LONGEST = 1024;
const LONGEST_PATH = 255;

const DOMAIN_LABEL = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const DOMAIN = new RegExp(`^(?:${DOMAIN_LABEL}(?:\\.${DOMAIN_LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const PATH = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
/** The algorithms that have a registered form; a digest of any other is taken as the grammar has it. */
const DIGEST_LENGTH: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/**
 * Parses a name as a person types it; a missing registry is docker.io. The tag is only there where it was given.
 * @throws UserError saying which part is wrong
 */
export function parseReference(text: string): Reference {
  if (text === "") throw invalid(text, "it is empty");
  if (text.length > LONGEST) throw invalid(text, "it is too long");
  if (/^[a-f0-9]{64}$/.test(text)) throw invalid(text, "64 hexadecimal digits are an id, not a name");
  const { name, tag, digest } = cut(text);
  const { domain, path } = splitDomain(name);
  if (!DOMAIN.test(domain)) throw invalid(text, `${quote(domain)} is no registry`);
  if (!PATH.test(path)) throw invalid(text, pathFault(path));
  if (path.length > LONGEST_PATH) throw invalid(text, `the name has more than ${LONGEST_PATH} characters`);
  if (tag !== undefined && !TAG.test(tag)) throw invalid(text, `${quote(tag)} is no tag`);
  if (digest !== undefined && !isDigest(digest)) throw invalid(text, `${quote(digest)} is no digest`);
  return {
    domain,
    path,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** The reference with the tag "latest" where it has neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference {
  if (reference.tag !== undefined || reference.digest !== undefined) return reference;
  return { ...reference, tag: DEFAULT_TAG };
}

/** The full form: "docker.io/library/x:latest". */
export function normalised(reference: Reference): string {
  return `${reference.domain}/${reference.path}${suffix(reference)}`;
}

/** The form for people: "x:latest". Parsing it gives the same reference again. */
export function familiar(reference: Reference): string {
  return `${familiarName(reference)}${suffix(reference)}`;
}

/** The familiar form without tag and digest: "x". */
export function familiarName({ domain, path }: Reference): string {
  if (domain !== DEFAULT_DOMAIN) return `${domain}/${path}`;
  const official = path.startsWith(OFFICIAL) && !path.includes("/", OFFICIAL.length);
  return official ? path.slice(OFFICIAL.length) : path;
}

function suffix({ tag, digest }: Reference): string {
  return `${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

/** At the first "@", and at the last ":" that is not a registry's port. */
function cut(text: string): { name: string; tag?: string; digest?: string } {
  const at = text.indexOf("@");
  const tagged = at === -1 ? text : text.slice(0, at);
  const colon = tagged.indexOf(":", tagged.lastIndexOf("/") + 1);
  return {
    name: colon === -1 ? tagged : tagged.slice(0, colon),
    ...(colon === -1 ? {} : { tag: tagged.slice(colon + 1) }),
    ...(at === -1 ? {} : { digest: text.slice(at + 1) }),
  };
}

/** What stands before the first slash is a registry if it looks like a host: with a dot, a port, or upper case. */
function splitDomain(name: string): { domain: string; path: string } {
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(0, slash));
  const isHost = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  const given = slash !== -1 && isHost ? first : DEFAULT_DOMAIN;
  const rest = slash !== -1 && isHost ? name.slice(slash + 1) : name;
  const domain = given === LEGACY_DOMAIN ? DEFAULT_DOMAIN : given;
  return { domain, path: domain === DEFAULT_DOMAIN && !rest.includes("/") ? `${OFFICIAL}${rest}` : rest };
}

function pathFault(path: string): string {
  if (path !== path.toLowerCase()) return "the name must be lowercase";
  return `${quote(path)} is not made of lowercase letters, digits and single separators`;
}

function isDigest(digest: string): boolean {
  if (!DIGEST.test(digest)) return false;
  const colon = digest.indexOf(":");
  const length = DIGEST_LENGTH[digest.slice(0, colon)];
  return length === undefined || (digest.length - colon - 1 === length && !/[A-F]/.test(digest.slice(colon)));
}

function invalid(text: string, fault: string): UserError {
  return new UserError(`invalid image name ${quote(text)}: ${fault}`, {
    remedy: "a name looks like app, app:1.0 or registry.example.org/team/app:1.0",
  });
}
