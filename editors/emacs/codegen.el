;;; codegen.el --- Code completion by a model on your own machine -*- lexical-binding: t; -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "28.1"))
;; Keywords: convenience, languages, tools
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; Ghost text at the cursor, from the language server `codegen lsp':
;;
;;     (global-codegen-mode 1)
;;
;; The server runs beside the one that Eglot or lsp-mode runs for a language,
;; and takes nothing from it.  README.md tells of keys and settings.

;;; Code:

(require 'json)
(require 'seq)
(require 'subr-x)
(require 'codegen-document)
(require 'codegen-ghost)
(require 'codegen-server)
(require 'codegen-suggest)

(defcustom codegen-bind-keys t
  "Whether the keys of `codegen-mode-map' act on ghost text."
  :type 'boolean
  :group 'codegen)

(declare-function yas-active-snippets "ext:yasnippet")

;;;; Keys

(defun codegen--key (command &optional when)
  "A key's binding to COMMAND while ghost text is shown, and if WHEN says so.
Otherwise the key is what it is without us."
  `(menu-item "" ,command
              :filter ,(lambda (command)
                         (and codegen-bind-keys (codegen-ghost-visible-p)
                              (or (not when) (funcall when))
                              command))))

(defconst codegen--invoke-key (kbd "C-c \\")
  "The key that asks by hand; what minor modes may bind begins so.")

(defun codegen--invoke-p ()
  "Whether nobody else has a use for `codegen--invoke-key'.
The key's bindings of the major mode and of the user come first."
  (seq-every-p (lambda (binding)
                 ;; A number says that the key's beginning is a command.
                 (or (null binding) (numberp binding)))
               (list (local-key-binding codegen--invoke-key)
                     (global-key-binding codegen--invoke-key))))

(defun codegen--tab-accepts-p ()
  "Whether there is nothing else that the tabulator key is to do.
An active snippet has its next field.  Before ghost text that begins with
blanks, in a line that is blank so far, the key indents."
  (not (or (and (fboundp 'yas-active-snippets) (yas-active-snippets))
           (bound-and-true-p tempel--active)
           (and (string-match-p "\\`[ \t]" (codegen-ghost-rest))
                (string-blank-p (buffer-substring-no-properties
                                 (line-beginning-position) (point)))))))

(defvar codegen-mode-map
  (let ((map (make-sparse-keymap))
        (tab (codegen--key #'codegen-accept #'codegen--tab-accepts-p)))
    (define-key map (kbd "TAB") tab)
    ;; What a graphical frame sends; where a mode binds it, TAB isn't looked up.
    (define-key map (kbd "<tab>") tab)
    (dolist (command '(forward-word right-word))
      (define-key map (vector 'remap command)
        (codegen--key #'codegen-accept-word)))
    (dolist (command '(move-end-of-line end-of-line end-of-visual-line))
      (define-key map (vector 'remap command)
        (codegen--key #'codegen-accept-line)))
    (define-key map (kbd "M-n") (codegen--key #'codegen-next))
    (define-key map (kbd "M-p") (codegen--key #'codegen-previous))
    (define-key map [remap keyboard-quit] (codegen--key #'codegen-dismiss))
    (define-key map codegen--invoke-key
      `(menu-item "" codegen-invoke
                  :filter ,(lambda (command)
                             (and codegen-bind-keys (codegen--invoke-p)
                                  command))))
    map)
  "Keys of `codegen-mode'.
All but that of `codegen-invoke' act only while ghost text is shown; otherwise
they are what they are without the mode.  That one acts where the key has no
other binding.")

;;;; The modes

;;;###autoload
(define-minor-mode codegen-mode
  "Suggest code at the cursor, as ghost text.
The mode is for local files; elsewhere it stays off."
  :lighter (:eval (codegen--lighter))
  :group 'codegen
  (cond ((not codegen-mode) (codegen--disable))
        ((codegen--suitable-p) (codegen--enable))
        (t (setq codegen-mode nil)
           (when (called-interactively-p 'any)
             (message "codegen: this is no local text file, or a huge one")))))

;;;###autoload
(define-globalized-minor-mode global-codegen-mode codegen-mode codegen--turn-on
  :group 'codegen
  :predicate '(prog-mode text-mode conf-mode))

(defun codegen--turn-on ()
  "Turn on `codegen-mode' where it works."
  (when (codegen--suitable-p)
    (codegen-mode 1)))

(defconst codegen--size 2000000
  "How many characters a text may have; the server takes no longer ones.")

(defun codegen--suitable-p ()
  "Whether this buffer is the text of a local file, and no huge one.
The server reads what lies near a file; an indirect buffer shows what another
one holds."
  (and buffer-file-name
       enable-multibyte-characters
       (<= (buffer-size) codegen--size)
       (not (buffer-base-buffer))
       (not (file-remote-p buffer-file-name))))

(defconst codegen--hooks
  '((kill-buffer-hook . codegen--close)
    (change-major-mode-hook . codegen--close)
    (after-set-visited-file-name-hook . codegen--rename)
    (clone-indirect-buffer-hook . codegen--forget-clone))
  "What ends a document, as hooks of its buffer.")

(defun codegen--enable ()
  "Begin in this buffer."
  (pcase-dolist (`(,hook . ,function) codegen--hooks)
    (add-hook hook function nil t))
  (codegen-suggest-enter)
  (add-hook 'window-buffer-change-functions #'codegen--focus)
  (add-hook 'window-selection-change-functions #'codegen--focus)
  (add-hook 'codegen-server-ready-hook #'codegen--open-all)
  (add-hook 'codegen-server-gone-hook #'codegen--forget-all)
  (setq codegen-server-folders-function #'codegen--folders)
  (codegen-server-ensure)
  (codegen-document-open))

(defun codegen--disable ()
  "End in this buffer; without any buffer, the server has nothing to do."
  (codegen--close)
  ;; Later, since a change of the major mode may turn the mode off and on again.
  (run-with-timer 1 nil (lambda ()
                          (unless (codegen--buffers)
                            (codegen-server-stop)))))

(defun codegen--close ()
  "The buffer is no document any more; an indirect one never was."
  (if (buffer-base-buffer)
      (codegen-document-forget)
    (codegen-document-close))
  (codegen--let-go))

(defun codegen--let-go ()
  "Undo what `codegen--enable' did to this buffer."
  (codegen-suggest-leave)
  (pcase-dolist (`(,hook . ,function) codegen--hooks)
    (remove-hook hook function t)))

(defun codegen--rename ()
  "The file has another name."
  (codegen-document-close)
  (if (codegen--suitable-p)
      (codegen-document-open)
    (codegen-mode -1)))

(defun codegen--forget-clone ()
  "Stay off in an indirect buffer, which begins as a copy of its base."
  (setq codegen-mode nil)
  (codegen-ghost-forget-clone)
  (codegen-document-forget)
  (codegen--let-go))

;;;; All buffers

(defvar codegen--focused nil
  "The buffer that was looked at last.")

(defun codegen--buffers ()
  "The buffers with `codegen-mode'."
  (seq-filter (lambda (buffer)
                (and (buffer-local-value 'codegen-mode buffer)
                     (not (buffer-base-buffer buffer))))
              (buffer-list)))

(defun codegen--folders ()
  "The folders of the projects of all buffers."
  (dolist (buffer (codegen--buffers))
    (with-current-buffer buffer
      (codegen-document-note-folder)))
  (codegen-document-folders))

(defun codegen--open-all ()
  "A server is there: tell it of all buffers."
  (dolist (buffer (codegen--buffers))
    (with-current-buffer buffer
      (codegen-document-open)))
  (setq codegen--focused nil)
  (codegen--focus))

(defun codegen--forget-all ()
  "The server is gone, and with it what it knew and suggested."
  (dolist (buffer (codegen--buffers))
    (with-current-buffer buffer
      (codegen-ghost-clear)
      (codegen-document-forget))))

(defun codegen--focus (&rest _)
  "See whether another buffer is looked at."
  (let ((buffer (window-buffer)))
    (unless (or (eq buffer codegen--focused) (minibufferp buffer))
      (when (buffer-live-p codegen--focused)
        (with-current-buffer codegen--focused
          (when codegen-mode
            (codegen-suggest-dismiss))))
      (setq codegen--focused buffer)
      (with-current-buffer buffer
        (when-let* ((document (codegen-document-identifier)))
          (codegen-server-notify :textDocument/didFocus
                                 (list :textDocument document)))))))

;;;; What the user is told

(defun codegen--lighter ()
  "What stands in the mode line."
  (let ((word (if (codegen-suggest-enabled-p) (codegen-status-word) "off")))
    ;; The mode line has a meaning of its own for the sign.
    (concat " codegen:" (string-replace "%" "%%" word))))

;;;###autoload
(defun codegen-status ()
  "Say what the server does."
  (interactive)
  (message "codegen: %s  %s" (codegen-status-word) (codegen-status-sentence)))

;;;###autoload
(defun codegen-restart ()
  "End the server if there is one, and start another."
  (interactive)
  (codegen-server-restart))

(defun codegen-toggle-language ()
  "Turn suggestions for this buffer's language off, or on again.
To turn them off for good, customise `codegen-disabled-languages'."
  (interactive)
  (let ((language (codegen-document-language)))
    (if (codegen-suggest-enabled-p)
        (progn
          (push language codegen-disabled-languages)
          (codegen-suggest-dismiss))
      (setq codegen-disabled-languages
            (remove language codegen-disabled-languages)))
    (force-mode-line-update t)
    (message "codegen: %s for %s"
             (if (codegen-suggest-enabled-p) "on" "off") language)))

;;;###autoload
(defun codegen-show-log ()
  "Show what the server has logged."
  (interactive)
  (display-buffer (codegen-status-log-buffer)))

(defun codegen-explain ()
  "Show what became of the last request in this buffer."
  (interactive)
  (let ((document (or (codegen-document-identifier)
                      (user-error "The server doesn't know this buffer"))))
    (codegen-server-ask :codegen/explain (list :textDocument document)
                        #'codegen--show-explained)))

(defun codegen--show-explained (explained)
  "Show what the server has EXPLAINED, as JSON."
  (with-current-buffer (get-buffer-create "*codegen explain*")
    (let ((inhibit-read-only t)
          (json-encoding-pretty-print t))
      (erase-buffer)
      (insert (if explained
                  (json-encode explained)
                "There was no request here yet.")
              "\n")
      (goto-char (point-min)))
    (special-mode)
    (display-buffer (current-buffer))))

(provide 'codegen)
;;; codegen.el ends here
