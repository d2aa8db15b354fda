/** The item in the status bar: ready, busy, loading, off, or what is wrong. */

import {
  type Disposable,
  MarkdownString,
  StatusBarAlignment,
  type StatusBarItem,
  ThemeColor,
  window,
} from 'vscode';
import type { Connection } from './connection';
import { whyOff } from './settings';
import type { Suggestions } from './suggestions';

type Mood = 'ready' | 'busy' | 'loading' | 'off' | 'warning' | 'error';

/** What is shown; `words` are all that a screen reader has. */
interface Face {
  readonly mood: Mood;
  readonly words: string;
  readonly detail: string;
}

const ICONS: Record<Mood, string> = {
  ready: '$(sparkle)',
  busy: '$(loading~spin)',
  loading: '$(loading~spin)',
  off: '$(circle-slash)',
  warning: '$(warning)',
  error: '$(error)',
};

export class StatusBar implements Disposable {
  private readonly item: StatusBarItem;

  constructor(
    private readonly connection: Connection,
    private readonly suggestions: Suggestions,
  ) {
    this.item = window.createStatusBarItem('codegen.status', StatusBarAlignment.Right, 100);
    this.item.name = 'codegen';
    this.item.command = 'codegen.menu';
    this.refresh();
    this.item.show();
  }

  refresh(): void {
    const { mood, words, detail } = faceOf(this.connection, this.offBecause());
    // What is usual needs no words.
    const quiet = mood === 'ready' || mood === 'busy';
    this.item.text = quiet ? `${ICONS[mood]} codegen` : `${ICONS[mood]} codegen: ${words}`;
    this.item.tooltip = new MarkdownString().appendText(`codegen: ${detail || words}`);
    this.item.accessibilityInformation = { label: `codegen: ${words}` };
    this.item.backgroundColor =
      mood === 'error' || mood === 'warning'
        ? new ThemeColor(`statusBarItem.${mood}Background`)
        : undefined;
  }

  dispose(): void {
    this.item.dispose();
  }

  private offBecause(): string | undefined {
    return this.suggestions.paused ? 'paused' : whyOff(window.activeTextEditor?.document);
  }
}

function faceOf({ phase, status, percent }: Connection, off: string | undefined): Face {
  if (phase === 'absent') {
    return { mood: 'error', words: 'not installed', detail: 'the server was not found' };
  }
  if (phase === 'stopped') {
    return { mood: 'error', words: 'error', detail: 'the server is not running' };
  }
  if (status?.state === 'error') {
    return { mood: 'error', words: 'error', detail: status.message };
  }
  if (off !== undefined) {
    return { mood: 'off', words: 'off', detail: off };
  }
  if (status?.state === 'missing') {
    return { mood: 'warning', words: 'no model', detail: status.message };
  }
  if (phase === 'starting' || status?.state === 'loading') {
    const words = percent === undefined ? 'loading' : `loading ${percent} %`;
    return { mood: 'loading', words, detail: status?.message ?? '' };
  }
  if (status?.busy) {
    return { mood: 'busy', words: 'busy', detail: status.message };
  }
  // A model that rests is loaded by the next key.
  return { mood: 'ready', words: 'ready', detail: status?.message ?? '' };
}
