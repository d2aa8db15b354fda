/** What happens when the server dies: it is started again, but not for ever. */

import { window } from 'vscode';
import {
  CloseAction,
  type CloseHandlerResult,
  ErrorAction,
  type ErrorHandler,
  type ErrorHandlerResult,
} from 'vscode-languageclient/node';

const MOST = 3;
const WITHIN = 3 * 60 * 1000;

const RESTART = 'Restart';
const LOG = 'Show Log';

/** The client's own handler is silent about what it does, and has no way back. */
export class Crashes implements ErrorHandler {
  private times: number[] = [];

  /**
   * @param isRunning whether the server had come up, and is still wanted.
   * @param restart starts it anew, from the user's hand.
   * @param showLog shows why.
   */
  constructor(
    private readonly isRunning: () => boolean,
    private readonly restart: () => void,
    private readonly showLog: () => void,
  ) {}

  error(): ErrorHandlerResult {
    // A pipe that breaks is closed next.
    return { action: ErrorAction.Continue, handled: true };
  }

  closed(): CloseHandlerResult {
    if (!this.isRunning()) {
      // That it didn't start is told by the client.
      return { action: CloseAction.DoNotRestart, handled: true };
    }
    const now = Date.now();
    this.times = [...this.times.filter((time) => now - time < WITHIN), now];
    if (this.times.length > MOST) {
      this.tell(`codegen's server ended ${this.times.length} times in 3 minutes, and is off now.`);
      return { action: CloseAction.DoNotRestart, handled: true };
    }
    if (this.times.length === 1) {
      this.tell("codegen's server ended unexpectedly. It is started again.", false);
    }
    return { action: CloseAction.Restart, handled: true };
  }

  private tell(message: string, isOff = true): void {
    const shown = isOff
      ? window.showErrorMessage(message, RESTART, LOG)
      : window.showWarningMessage(message, LOG);
    void shown.then((answer) => {
      if (answer === RESTART) {
        this.restart();
      } else if (answer === LOG) {
        this.showLog();
      }
    });
  }
}
