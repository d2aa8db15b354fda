/** Which models there are, as the command line tells. */

import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { promisify } from 'node:util';
import { type QuickPickItem, window } from 'vscode';
import { model, setModel } from './settings';

/** What is used of `codegen model list --json`. */
interface ListedModel {
  readonly name: string;
  readonly default: boolean;
  /** null for one that isn't of the catalogue, and which an editor can't name. */
  readonly catalogue: { readonly bytes: number } | null;
  readonly download: string | null;
  readonly exports: readonly unknown[];
}

interface ModelItem extends QuickPickItem {
  readonly model: string | null;
}

/** Has the user choose, and writes the choice into the user's settings. */
export async function chooseModel(server: string): Promise<void> {
  const items = listModels(server).then((models) => [
    { label: 'As config.toml says', model: null, ...mark(null) },
    ...models.filter(({ catalogue }) => catalogue !== null).map(itemOf),
  ]);
  const chosen = await window.showQuickPick<ModelItem>(items, {
    title: 'codegen: Choose the Model',
    placeHolder: 'A model that is not on this machine is fetched after a question',
  });
  if (chosen !== undefined) {
    await setModel(chosen.model);
  }
}

async function listModels(server: string): Promise<readonly ListedModel[]> {
  const listing = ['model', 'list', '--json'];
  const { stdout } = await promisify(execFile)(server, listing, { cwd: homedir() });
  return (JSON.parse(stdout) as { models: ListedModel[] }).models;
}

function itemOf(listed: ListedModel): ModelItem {
  const isHere = listed.download !== null || listed.exports.length > 0;
  const size = `${Math.round((listed.catalogue?.bytes ?? 0) / 1e6)} MB`;
  return {
    label: listed.name,
    detail: isHere ? 'on this machine' : `${size} to fetch`,
    model: listed.name,
    ...mark(listed.name),
  };
}

function mark(name: string | null): { description: string } {
  return { description: name === model() ? 'chosen' : '' };
}
