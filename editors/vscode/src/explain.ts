/** Shows what became of a document's last request. */

import {
  type Disposable,
  EventEmitter,
  type TextDocumentContentProvider,
  Uri,
  window,
  workspace,
} from 'vscode';
import { type Connection, isServed } from './connection';

const SCHEME = 'codegen-explain';
const PAGE = Uri.from({ scheme: SCHEME, path: 'Last suggestion.json' });

/** A page that can't be edited, so that nobody is asked to save it. */
export class Explanation implements TextDocumentContentProvider, Disposable {
  private readonly changes = new EventEmitter<Uri>();
  readonly onDidChange = this.changes.event;

  private text = '';
  private readonly registration = workspace.registerTextDocumentContentProvider(SCHEME, this);

  constructor(private readonly connection: Connection) {}

  async show(): Promise<void> {
    const document = window.activeTextEditor?.document;
    const asked = document !== undefined && isServed(document);
    const told = asked
      ? await this.connection.ask('codegen/explain', {
          textDocument: { uri: document.uri.toString() },
        })
      : undefined;
    if (!told) {
      void window.showInformationMessage('codegen: nothing was asked for in this file yet.');
      return;
    }
    this.text = JSON.stringify(told, null, 2);
    this.changes.fire(PAGE);
    await window.showTextDocument(await workspace.openTextDocument(PAGE), { preview: true });
  }

  provideTextDocumentContent(): string {
    return this.text;
  }

  dispose(): void {
    this.registration.dispose();
    this.changes.dispose();
  }
}
