/** The connection to the server, from its start to its end, and what the server says of itself. */

import { homedir } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import {
  commands,
  Disposable,
  EventEmitter,
  type ExtensionContext,
  type LogOutputChannel,
  languages,
  type Position,
  type TextDocument,
  workspace,
} from 'vscode';
import {
  type DocumentSelector,
  LanguageClient,
  RevealOutputChannelOn,
  State,
  type WorkDoneProgressBegin,
  type WorkDoneProgressEnd,
  type WorkDoneProgressReport,
} from 'vscode-languageclient/node';
import { Crashes } from './crashes';
import { offerInstallation } from './install';
import { findServer } from './server';
import { SECTION, serverPath, serverSettingNames, serverSettings } from './settings';
import type { Suggestions } from './suggestions';

const SERVED: DocumentSelector = [{ scheme: 'file' }, { scheme: 'untitled' }];

/** Milliseconds in which a server must have come up before it can be ended well. */
const LONGEST_START = 5000;

/** What the server says of itself: its notification `didChangeStatus`. */
export interface ServerStatus {
  readonly busy: boolean;
  readonly state: 'unloaded' | 'loading' | 'ready' | 'missing' | 'error';
  readonly message: string;
}

/** `idle` until a file is open, `absent` if there is no server to start. */
export type Phase = 'idle' | 'absent' | 'starting' | 'running' | 'stopped';

/** Whether a document is one that the server is told of. */
export function isServed(document: TextDocument): boolean {
  return languages.match(SERVED as Parameters<typeof languages.match>[0], document) > 0;
}

export class Connection implements Disposable {
  /** The server's program, once one was found. */
  path: string | undefined;
  phase: Phase = 'idle';
  status: ServerStatus | undefined;
  /** How much of a model is fetched or exported, while that is so. */
  percent: number | undefined;

  private readonly changes = new EventEmitter<void>();
  readonly onDidChange = this.changes.event;

  private client: LanguageClient | undefined;
  private starts = 0;
  private named = '';
  private readonly settingNames: readonly string[];

  constructor(
    private readonly context: ExtensionContext,
    private readonly log: LogOutputChannel,
    private readonly suggestions: Suggestions,
  ) {
    this.settingNames = serverSettingNames(context.extension.packageJSON);
  }

  /** Starts the server anew; `byHand` if the user asked for it just now. */
  async start(byHand = false): Promise<void> {
    this.starts += 1;
    const start = this.starts;
    this.enter('starting');
    this.named = serverPath();
    await this.leave();
    const { path, problem } = await findServer(this.context.workspaceState, byHand);
    if (start !== this.starts) {
      // While a question was open, somebody has started it otherwise.
      return;
    }
    this.path = path;
    void commands.executeCommand('setContext', 'codegen.serverFound', path !== undefined);
    if (path === undefined) {
      this.enter('absent');
      await offerInstallation(problem);
      return;
    }
    this.log.info(`starting ${path}`);
    const client = this.makeClient(path);
    this.client = client;
    // If it fails, the client tells why.
    await client.start().catch(() => this.enterOf(client, 'stopped'));
  }

  /** Ends the server. */
  async stop(): Promise<void> {
    this.starts += 1;
    this.enter('stopped');
    await this.leave();
  }

  /** Tells the server something, if it is there. */
  notify(method: string, params: object): void {
    if (this.client?.isRunning()) {
      void this.client.sendNotification(method, params);
    }
  }

  /** Asks the server; undefined if it isn't there. */
  async ask(method: string, params: object): Promise<unknown> {
    return this.client?.isRunning() ? await this.client.sendRequest(method, params) : undefined;
  }

  /** Asks for the suggestion that the editor will ask for in a moment. */
  askAhead(document: TextDocument, position: Position): void {
    const feature = this.client?.getFeature('textDocument/inlineCompletion');
    const provider = this.client?.isRunning() ? feature?.getProvider(document) : undefined;
    if (provider !== undefined) {
      this.suggestions.askAhead(provider, document, position);
    }
  }

  /** Has the settings taken: by the server, which asks for them, or by another one. */
  settingsChanged(): void {
    if (this.phase !== 'idle' && serverPath() !== this.named) {
      void this.start(true);
    } else {
      this.notify('workspace/didChangeConfiguration', { settings: null });
    }
  }

  dispose(): void {
    this.changes.dispose();
  }

  private async leave(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client === undefined) {
      return;
    }
    try {
      if (client.needsStop()) {
        // This gives the start that is under way. One that was ended in the middle would go on.
        await Promise.race([client.start(), setTimeout(LONGEST_START)]);
      }
      await client.dispose();
    } catch (error) {
      // What doesn't end in time is ended by the client.
      this.log.debug(`stopping: ${String(error)}`);
    }
  }

  private makeClient(path: string): LanguageClient {
    const client: LanguageClient = new LanguageClient(
      SECTION,
      'codegen',
      // Not in the workspace: what lies there must not be found by accident.
      { command: path, args: ['lsp'], options: { cwd: homedir() } },
      {
        documentSelector: SERVED,
        initializationOptions: () => serverSettings(this.settingNames),
        outputChannel: this.log,
        revealOutputChannelOn: RevealOutputChannelOn.Never,
        errorHandler: new Crashes(
          () => client === this.client && client.state === State.Running,
          () => void this.start(true),
          () => this.log.show(),
        ),
        initializationFailedHandler: () => false,
        middleware: {
          provideInlineCompletionItems: (...request) => this.suggestions.provide(...request),
          handleWorkDoneProgress: (_token, progress, next) => {
            this.progressed(progress);
            next(_token, progress);
          },
          workspace: {
            configuration: (params) =>
              params.items.map((item) =>
                item.section === SECTION ? serverSettings(this.settingNames) : null,
              ),
          },
        },
      },
    );
    client.onNotification('didChangeStatus', (status: ServerStatus) => {
      this.status = status;
      void commands.executeCommand('setContext', 'codegen.ready', status.state === 'ready');
      this.enterOf(client, 'running');
    });
    client.onDidChangeState(({ newState }) => {
      this.status = undefined;
      this.percent = undefined;
      this.enterOf(client, phaseOf(newState));
    });
    return client;
  }

  private progressed(
    progress: WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd,
  ): void {
    this.percent = progress.kind === 'end' ? undefined : (progress.percentage ?? this.percent);
    this.changes.fire();
  }

  /** A client that was left has no say any more. */
  private enterOf(client: LanguageClient, phase: Phase): void {
    if (client === this.client) {
      this.enter(phase);
    }
  }

  private enter(phase: Phase): void {
    this.phase = phase;
    if (phase !== 'running') {
      this.status = undefined;
    }
    this.changes.fire();
  }
}

function phaseOf(state: State): Phase {
  switch (state) {
    case State.Running:
      return 'running';
    case State.Starting:
      return 'starting';
    default:
      return 'stopped';
  }
}

/** Starts the server with the first file: a window without one needs no model in memory. */
export function startWithFirstFile(connection: Connection): Disposable {
  if (workspace.textDocuments.some(isServed)) {
    void connection.start();
    return new Disposable(() => {});
  }
  const waiting = workspace.onDidOpenTextDocument((document) => {
    if (isServed(document)) {
      waiting.dispose();
      if (connection.phase === 'idle') {
        void connection.start();
      }
    }
  });
  return waiting;
}
