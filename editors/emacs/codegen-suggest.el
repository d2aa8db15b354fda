;;; codegen-suggest.el --- When to suggest, and what to do with it -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; After each command that has changed the text, the changes are sent and a
;; suggestion is asked for, at once: it is the server that waits for the next
;; key, and that answers the older request when a newer one comes.

;;; Code:

(require 'subr-x)
(require 'codegen-document)
(require 'codegen-ghost)
(require 'codegen-server)

(defcustom codegen-disabled-languages nil
  "Languages without suggestions, by the protocol's names: \"markdown\", say."
  :type '(repeat string)
  :group 'codegen)

(defcustom codegen-quiet-commands
  '( undo undo-only undo-redo evil-undo evil-redo revert-buffer
     save-buffer save-some-buffers evil-write evil-save-and-close)
  "Commands that may change the text, and after which nothing is asked for."
  :type '(repeat function)
  :group 'codegen)

(defconst codegen-suggest--rest-time 0.5
  "How many seconds the cursor must rest for the server to be told where.")

(defconst codegen-suggest--automatic 2
  "The protocol's trigger of a request that nobody asked for.")

(defconst codegen-suggest--invoked 1
  "The protocol's trigger of a request by hand.")

(defvar evil-state)

(defvar-local codegen-suggest--before nil
  "Point and the tick when the command began; nil outside of commands.")

(defvar codegen-suggest--timer nil
  "Runs when the cursor has rested.")

(defun codegen-suggest-enabled-p ()
  "Whether there are suggestions for this buffer's language."
  (not (member (codegen-document-language) codegen-disabled-languages)))

(defun codegen-suggest--inserting-p ()
  "Whether somebody types here.
A keyboard macro would record the acceptance of what isn't there when the macro
is played."
  (not (or buffer-read-only
           (buffer-base-buffer)
           executing-kbd-macro
           defining-kbd-macro
           isearch-mode
           (use-region-p)
           (bound-and-true-p multiple-cursors-mode)
           (and (bound-and-true-p evil-local-mode)
                (not (memq evil-state '(insert emacs)))))))

;;;; Commands as they happen

(defconst codegen-suggest--hooks
  '((pre-command-hook . codegen-suggest--pre-command)
    (post-command-hook . codegen-suggest--post-command)
    ;; Emacs may show what is typed before the command ends, to show a bracket
    ;; that matches.  Whether it is more of the suggestion is seen at the end: a
    ;; bracket's other half may still come.
    (post-self-insert-hook . codegen-ghost-render)
    (after-change-functions . codegen-suggest--after-change)
    (completion-in-region-mode-hook . codegen-ghost-render)
    (company-completion-started-hook . codegen-ghost-render)
    (company-after-completion-hook . codegen-ghost-render))
  "The hooks of a buffer with suggestions.")

(defun codegen-suggest-enter ()
  "Suggest in this buffer."
  (pcase-dolist (`(,hook . ,function) codegen-suggest--hooks)
    (add-hook hook function nil t)))

(defun codegen-suggest-leave ()
  "Don't suggest in this buffer any more."
  (codegen-suggest-dismiss)
  (pcase-dolist (`(,hook . ,function) codegen-suggest--hooks)
    (remove-hook hook function t)))

(defun codegen-suggest--pre-command ()
  "Keep what the command is about to change."
  (setq codegen-suggest--before (cons (point) (buffer-chars-modified-tick))))

(defun codegen-suggest--post-command ()
  "See what the command has changed."
  (pcase-let ((`(,point . ,tick) codegen-suggest--before))
    (setq codegen-suggest--before nil)
    (cond ((or (not (codegen-suggest--inserting-p))
               (memq this-command '(keyboard-quit keyboard-escape-quit)))
           (codegen-suggest-dismiss)
           (codegen-document-flush))
          ((null point))              ; The command began in another buffer.
          ((/= tick (buffer-chars-modified-tick))
           (codegen-ghost-follow point)
           (codegen-suggest--edited))
          ((/= point (point))
           (codegen-ghost-clear)
           (codegen-suggest--moved))
          (t (codegen-ghost-render)))))

(defun codegen-suggest--after-change (&rest _)
  "What changes without a command isn't typed: forget the suggestion."
  (unless codegen-suggest--before
    (codegen-ghost-clear)))

(defun codegen-suggest--edited ()
  "Tell the server of the edit, and ask for what comes next."
  (codegen-suggest--stop-timer)
  (codegen-document-flush)
  (unless (or (memq this-command codegen-quiet-commands)
              ;; What was accepted in part is there still.
              (and (codegen-ghost-rest)
                   (memq this-command
                         '(codegen-accept-word codegen-accept-line))))
    (codegen-suggest--ask codegen-suggest--automatic #'codegen-ghost-show)))

(defun codegen-suggest--moved ()
  "The cursor is somewhere else, and may rest there."
  (codegen-suggest--stop-timer)
  (let ((buffer (current-buffer))
        (point (point)))
    (setq codegen-suggest--timer
          (run-with-timer
           codegen-suggest--rest-time nil
           (lambda ()
             (when (eq buffer (window-buffer))
               (with-current-buffer buffer
                 (when (= point (point))
                   (codegen-suggest--rested)))))))))

(defun codegen-suggest--rested ()
  "Tell the server where the cursor rests: it prepares for that place."
  (codegen-document-flush)
  (when-let* ((enabled (codegen-suggest-enabled-p))
              (document (codegen-document-identifier)))
    (codegen-server-notify :codegen/didMoveCursor
                           (list :textDocument document
                                 :position (codegen-document-position)))))

(defun codegen-suggest--stop-timer ()
  "The cursor doesn't rest."
  (when codegen-suggest--timer
    (cancel-timer codegen-suggest--timer)
    (setq codegen-suggest--timer nil)))

(defun codegen-suggest-dismiss ()
  "Forget the suggestion, and don't wait for one."
  (codegen-ghost-clear)
  (codegen-server-cancel))

;;;; Requests

(defun codegen-suggest--ask (trigger then)
  "Ask for suggestions by TRIGGER; call THEN with them if they are for here."
  (codegen-document-flush)
  (when-let* ((enabled (codegen-suggest-enabled-p))
              (document (codegen-document-identifier)))
    (let ((buffer (current-buffer))
          (point (point))
          (tick (buffer-chars-modified-tick)))
      (codegen-server-suggest
       (list :textDocument document
             :position (codegen-document-position)
             :context (list :triggerKind trigger))
       (lambda (answer)
         (when (eq buffer (window-buffer))
           (with-current-buffer buffer
             (when (and (codegen-document-identifier)
                        (= point (point))
                        (= tick (buffer-chars-modified-tick))
                        ;; A command that still runs reads keys of its own.
                        (not codegen-suggest--before)
                        (codegen-suggest--inserting-p))
               (funcall then (append (plist-get answer :items) nil))))))))))

(defun codegen-suggest--among (step)
  "Show the suggestion STEP places further among all of them.
What was suggested unasked is one, so that they are asked for first."
  (if-let* ((others (codegen-ghost-others)))
      (codegen-suggest--choose others step)
    (codegen-suggest--ask codegen-suggest--invoked
                          (lambda (items)
                            (codegen-suggest--choose items step)))))

(defun codegen-suggest--choose (items step)
  "Show the one of ITEMS that is STEP places after the one that is shown."
  (let* ((items (seq-filter #'codegen-ghost-rest-of items))
         (shown (seq-position (mapcar #'codegen-ghost-rest-of items)
                              (codegen-ghost-rest)))
         (next (if shown (mod (+ shown step) (length items)) 0)))
    (if items
        (codegen-ghost-show (list (elt items next)) items)
      (message "codegen: nothing to suggest here"))))

(defun codegen-invoke ()
  "Ask for suggestions here, whatever the server thinks of the place."
  (interactive "*")
  (unless (codegen-server-ready-p)
    (user-error "Codegen is %s.  %s"
                (codegen-status-word) (codegen-status-sentence)))
  (codegen-suggest--ask codegen-suggest--invoked
                        (lambda (items) (codegen-suggest--choose items 0))))

(defun codegen-next ()
  "Show the next suggestion."
  (interactive)
  (codegen-suggest--among 1))

(defun codegen-previous ()
  "Show the previous suggestion."
  (interactive)
  (codegen-suggest--among -1))

(defun codegen-accept ()
  "Insert the suggestion."
  (interactive "*")
  (codegen-ghost-accept))

(defun codegen-accept-word ()
  "Insert the suggestion's next word, with the blanks before it."
  (interactive "*")
  (codegen-ghost-accept-part
   (rx bos (* (any " \t\n"))
       (or (+ (any alnum "_")) (+ (not (any alnum "_" " \t\n")))))))

(defun codegen-accept-line ()
  "Insert the suggestion's next line."
  (interactive "*")
  (codegen-ghost-accept-part (rx bos (* "\n") (* nonl))))

(defun codegen-dismiss ()
  "Take the suggestion away."
  (interactive)
  (codegen-suggest-dismiss))

(provide 'codegen-suggest)
;;; codegen-suggest.el ends here
