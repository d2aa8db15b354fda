/** Helps somebody who has no server yet. */

import { commands, env, window } from 'vscode';

// Shown and copied, never run. There is no release: a package's name would be whoever's takes it.
const INSTALL = 'make install';

const HOW = 'How to Install It';
const COPY = 'Copy Command';
const SETTINGS = 'Open Settings';

/**
 * Says that there is no server, and how to get one.
 *
 * @param problem what is wrong with the server that the user named, if one was named.
 */
export async function offerInstallation(problem: string | undefined): Promise<void> {
  if (problem !== undefined) {
    const answer = await window.showErrorMessage(`codegen: ${problem}`, SETTINGS);
    if (answer === SETTINGS) {
      await commands.executeCommand('workbench.action.openSettings', 'codegen.server.path');
    }
    return;
  }
  const answer = await window.showWarningMessage(
    `codegen's server is not installed. In a clone of codegen, this installs it: ${INSTALL}`,
    HOW,
    COPY,
  );
  if (answer === HOW) {
    await commands.executeCommand('codegen.walkthrough');
  } else if (answer === COPY) {
    await env.clipboard.writeText(INSTALL);
  }
}
