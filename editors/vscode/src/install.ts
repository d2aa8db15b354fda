/** Helps somebody who has no server yet. */

import { homedir } from 'node:os';
import {
  commands,
  env,
  ShellExecution,
  Task,
  TaskRevealKind,
  TaskScope,
  tasks,
  window,
} from 'vscode';

const INSTALL = 'pipx install "codegen-lsp[export,languages]"';

const RUN = 'Run in Terminal';
const COPY = 'Copy Command';
const SETTINGS = 'Open Settings';

/**
 * Says that there is no server, and how to get one.
 *
 * @param problem what is wrong with the server that the user named, if one was named.
 * @param installed is called once the command has run well.
 */
export async function offerInstallation(
  problem: string | undefined,
  installed: () => void,
): Promise<void> {
  if (problem !== undefined) {
    const answer = await window.showErrorMessage(`codegen: ${problem}`, SETTINGS);
    if (answer === SETTINGS) {
      await commands.executeCommand('workbench.action.openSettings', 'codegen.server.path');
    }
    return;
  }
  const answer = await window.showWarningMessage(
    `codegen's server is not installed. This installs it: ${INSTALL}`,
    RUN,
    COPY,
  );
  if (answer === COPY) {
    await env.clipboard.writeText(INSTALL);
  } else if (answer === RUN) {
    await install(installed);
  }
}

async function install(installed: () => void): Promise<void> {
  const task = new Task(
    { type: 'codegen.install' },
    TaskScope.Global,
    'install the server',
    'codegen',
    new ShellExecution(INSTALL, { cwd: homedir() }),
  );
  task.presentationOptions = { reveal: TaskRevealKind.Always };
  const running = await tasks.executeTask(task);
  const waiting = tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
    if (execution === running) {
      waiting.dispose();
      if (exitCode === 0) {
        installed();
      }
    }
  });
}
