/** Where the server is: what the user names, then PATH, then the workspace's own environment. */

import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { type Memento, window, workspace } from 'vscode';
import { serverPath } from './settings';

const WINDOWS = process.platform === 'win32';
const NAME = WINDOWS ? 'codegen.exe' : 'codegen';
const ENVIRONMENT = WINDOWS ? join('.venv', 'Scripts') : join('.venv', 'bin');

/** An editor that wasn't started from a shell often lacks it on PATH; pipx installs there. */
const USER_PROGRAMS = join(homedir(), '.local', 'bin');

const START = 'Start It';
const NEVER = 'Not in This Workspace';

/** A server's absolute path, or what is wrong with what the user named; neither if there is none. */
export interface Found {
  readonly path?: string;
  readonly problem?: string;
}

/**
 * Looks for the server.
 *
 * What lies in the workspace is somebody else's program until the user says otherwise: it is
 * started only in a trusted workspace, and only after a question, whose answer `memory` keeps.
 *
 * @param askAgain whether a no that was remembered counts no more.
 */
export async function findServer(memory: Memento, askAgain: boolean): Promise<Found> {
  const named = serverPath();
  if (named !== '') {
    return await namedServer(named);
  }
  // A relative folder on PATH is one in whichever directory the editor was started.
  const folders = (process.env.PATH ?? '').split(delimiter).filter(isAbsolute);
  const found = await programs([...folders, USER_PROGRAMS]);
  const theirs = await Promise.all(found.map(isOfWorkspace));
  const outside = found.find((_, index) => !theirs[index]);
  if (outside !== undefined) {
    return { path: outside };
  }
  const environments = workspaceFolders().map((folder) => join(folder, ENVIRONMENT));
  const [own] = [...found, ...(await programs(environments))];
  return own !== undefined && (await mayStart(own, memory, askAgain)) ? { path: own } : {};
}

async function namedServer(named: string): Promise<Found> {
  const path = named.startsWith('~') ? join(homedir(), named.slice(1)) : named;
  if (!isAbsolute(path)) {
    return { problem: `the setting codegen.server.path is no absolute path: ${named}` };
  }
  if (!(await isProgram(path))) {
    return { problem: `the setting codegen.server.path names no program: ${named}` };
  }
  return { path };
}

async function programs(folders: readonly string[]): Promise<string[]> {
  const paths = folders.map((folder) => join(folder, NAME));
  const there = await Promise.all(paths.map(isProgram));
  return paths.filter((_, index) => there[index]);
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function workspaceFolders(): string[] {
  return (workspace.workspaceFolders ?? [])
    .filter((folder) => folder.uri.scheme === 'file')
    .map((folder) => folder.uri.fsPath);
}

/**
 * Whether a program lies in the workspace, or in the repository that the workspace is a part of:
 * by the path it was found at, or behind its links.
 */
async function isOfWorkspace(path: string): Promise<boolean> {
  const places = [join(await real(dirname(path)), NAME), await real(path)];
  const folders = await Promise.all(workspaceFolders().map(repository));
  return folders.some((folder) => places.some((place) => isWithin(folder, place)));
}

/**
 * The outermost repository that a folder lies in, as its real path; the folder itself if it is in
 * none. A home that is under version control makes nothing of the user's a part of the workspace.
 */
async function repository(folder: string): Promise<string> {
  const [start, home] = await Promise.all([real(folder), real(homedir())]);
  let outermost = start;
  let each = start;
  while (!isWithin(each, home) && each !== dirname(each)) {
    if (await exists(join(each, '.git'))) {
      outermost = each;
    }
    each = dirname(each);
  }
  return outermost;
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

async function real(path: string): Promise<string> {
  return await realpath(path).catch(() => path);
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

async function mayStart(path: string, memory: Memento, askAgain: boolean): Promise<boolean> {
  if (!workspace.isTrusted) {
    return false;
  }
  const key = `mayStart:${path}`;
  const before = memory.get<boolean>(key);
  if (before === true || (before === false && !askAgain)) {
    return before;
  }
  const answer = await window.showInformationMessage(
    `codegen is installed in this workspace's own environment only. Start ${path}?`,
    START,
    NEVER,
  );
  if (answer !== undefined) {
    await memory.update(key, answer === START);
  }
  return answer === START;
}
