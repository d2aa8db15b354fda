/** Tells the server where somebody writes, looks and rests, so that it is ready there. */

import { Disposable, type TextDocument, type TextEditor, window } from 'vscode';
import { type Connection, isServed } from './connection';
import { whyOff } from './settings';
import type { Suggestions } from './suggestions';

/** Milliseconds that the cursor must stand still. */
const REST = 500;

export function watchCursor(connection: Connection, suggestions: Suggestions): Disposable {
  // By document, the version that the cursor was last seen in.
  const seen = new WeakMap<TextDocument, number>();
  let resting: NodeJS.Timeout | undefined;

  const focusing = window.onDidChangeActiveTextEditor((editor) => {
    if (editor !== undefined && isServed(editor.document)) {
      connection.notify('textDocument/didFocus', { textDocument: identify(editor) });
    }
  });
  const moving = window.onDidChangeTextEditorSelection(({ textEditor: editor, selections }) => {
    clearTimeout(resting);
    const { document } = editor;
    const before = seen.get(document) ?? document.version;
    seen.set(document, document.version);
    const [selection, ...others] = selections;
    const single = others.length === 0 && selection?.isEmpty;
    const off = suggestions.paused || whyOff(document) !== undefined;
    if (!single || editor !== window.activeTextEditor || !isServed(document) || off) {
      return;
    }
    const { active } = selection;
    if (before !== document.version) {
      connection.askAhead(document, active);
      return;
    }
    suggestions.moved(document, active);
    resting = setTimeout(() => {
      if (document.version === before && !document.isClosed && !suggestions.paused) {
        const position = { line: active.line, character: active.character };
        connection.notify('codegen/didMoveCursor', { textDocument: identify(editor), position });
      }
    }, REST);
  });
  return new Disposable(() => {
    clearTimeout(resting);
    focusing.dispose();
    moving.dispose();
  });
}

function identify(editor: TextEditor): { uri: string } {
  return { uri: editor.document.uri.toString() };
}
