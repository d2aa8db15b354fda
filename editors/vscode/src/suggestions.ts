/** Between the editor's requests for ghost text and the server: when to ask, and when to give up. */

import {
  type CancellationToken,
  CancellationTokenSource,
  type InlineCompletionContext,
  type InlineCompletionItemProvider,
  InlineCompletionTriggerKind,
  type Position,
  type TextDocument,
} from 'vscode';
import type { Middleware } from 'vscode-languageclient/node';

type Ask = Parameters<NonNullable<Middleware['provideInlineCompletionItems']>>[4];
type Answer = ReturnType<Ask>;

/** Milliseconds within which an edit that ends a request is known here. */
const EDIT_KNOWN = 100;

/** By this token, which nobody cancels, a request is known that was made ahead of the editor. */
const AHEAD = new CancellationTokenSource().token;

const AUTOMATIC: InlineCompletionContext = {
  triggerKind: InlineCompletionTriggerKind.Automatic,
  selectedCompletionInfo: undefined,
};

export class Suggestions {
  /** No suggestions in this window until they are wanted again. */
  paused = false;

  private latest: Request | undefined;

  /**
   * Asks for what the editor will ask for in a moment.
   *
   * With every key it waits for the next one, 50 ms long, before it asks. The server knows better
   * how long to wait: it is asked at once, and the editor is given that answer.
   */
  askAhead(provider: InlineCompletionItemProvider, document: TextDocument, at: Position): void {
    // One more request for the same place would end the editor's own.
    if (!this.latest?.isAt(document, at)) {
      void provider.provideInlineCompletionItems(document, at, AUTOMATIC, AHEAD);
    }
  }

  /** The cursor is somewhere else now: the editor shows nothing of what was asked for before. */
  moved(document: TextDocument, position: Position): void {
    if (!this.latest?.isAt(document, position)) {
      this.latest?.giveUpUnlessEdited();
    }
  }

  /** What the editor is given; `ask` asks the server. */
  provide(
    document: TextDocument,
    position: Position,
    context: InlineCompletionContext,
    token: CancellationToken,
    ask: Ask,
  ): Answer {
    if (this.paused) {
      return undefined;
    }
    const latest = this.latest;
    if (latest?.isAhead && latest.isAt(document, position) && isPlain(context)) {
      // Only once: when the editor asks here again, it wants to know what is new.
      latest.isAhead = false;
      latest.watch(token);
      return latest.answer;
    }
    this.latest = new Request(document, position, token === AHEAD, (given) =>
      ask(document, position, context, given),
    );
    this.latest.watch(token);
    return this.latest.answer;
  }
}

function isPlain({ triggerKind, selectedCompletionInfo }: InlineCompletionContext): boolean {
  return triggerKind === AUTOMATIC.triggerKind && selectedCompletionInfo === undefined;
}

class Request {
  readonly answer: Answer;
  private readonly givenUp = new CancellationTokenSource();
  private readonly version: number;

  constructor(
    private readonly document: TextDocument,
    private readonly position: Position,
    public isAhead: boolean,
    ask: (token: CancellationToken) => Answer,
  ) {
    this.version = document.version;
    this.answer = ask(this.givenUp.token);
  }

  /** Whether it was made where the cursor is now. */
  isAt(document: TextDocument, position: Position): boolean {
    return (
      document === this.document &&
      document.version === this.version &&
      position.isEqual(this.position)
    );
  }

  watch(token: CancellationToken): void {
    token.onCancellationRequested(() => this.giveUpUnlessEdited());
  }

  /**
   * Tells the server that nobody waits any more, unless an edit is the reason.
   *
   * The editor cancels with every key. Of that the server must not hear: it ends what an edit has
   * overtaken by itself, and goes on with what the typed text fits into.
   */
  giveUpUnlessEdited(): void {
    setTimeout(() => {
      if (this.document.version === this.version) {
        this.givenUp.cancel();
      }
    }, EDIT_KNOWN);
  }
}
