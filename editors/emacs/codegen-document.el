;;; codegen-document.el --- Buffers as the server knows them -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; What is sent is the text as it will stand on disk: with the file's own line
;; ends.  Changes are collected by the change hooks, and sent before anything
;; that depends on them.
;;
;; Not every change comes by the hooks: they may be inhibited, and what is
;; changed in an indirect buffer is told there only.  But each change moves the
;; tick of the buffer's characters, and where one was missed the whole text is
;; sent.

;;; Code:

(require 'cl-lib)
(require 'project)
(require 'subr-x)
(require 'url-util)
(require 'codegen-server)

(cl-defstruct codegen-document
  "An open document.
TICK is the buffer's as of the last change that is known.  CHANGES are what the
server wasn't told yet, the latest first, and BEFORE is the one that is just
being made.  WHOLE says that the whole text is to be sent instead."
  uri (version 0) line-end tick changes before whole)

(defvar-local codegen-document--open nil
  "The document that the server was told of, or nil.")

(defconst codegen-document--batch 100
  "How many changes are kept; of more, the whole text is sent.
To count the lines before each of them would cost more.")

(defconst codegen-document--languages
  '(("bash" . "shellscript") ("c++" . "cpp") ("conf-toml" . "toml")
    ("enh-ruby" . "ruby") ("gfm" . "markdown") ("js" . "javascript")
    ("js-json" . "json") ("js-jsx" . "javascriptreact") ("js2" . "javascript")
    ("js3" . "javascript") ("mhtml" . "html") ("nxml" . "xml")
    ("rjsx" . "javascriptreact") ("rustic" . "rust") ("sh" . "shellscript")
    ("text" . "plaintext") ("tsx" . "typescriptreact"))
  "The protocol's names of languages, where they aren't those of major modes.")

;;;; Opened and closed

(defun codegen-document-open ()
  "Tell the server of this buffer, if there is a server."
  (when (and (codegen-server-ready-p) (not codegen-document--open))
    ;; First, since that may be when the server is found to be gone.
    (codegen-document--enter-folder)
    (when (codegen-server-ready-p)
      (let ((document (make-codegen-document
                       :uri (codegen-document--uri buffer-file-name)
                       :line-end (codegen-document--line-end)
                       :tick (buffer-chars-modified-tick))))
        (setq codegen-document--open document)
        (add-hook 'before-change-functions
                  #'codegen-document--before-change nil t)
        (add-hook 'after-change-functions
                  #'codegen-document--after-change nil t)
        (codegen-server-notify
         :textDocument/didOpen
         (list :textDocument (list :uri (codegen-document-uri document)
                                   :languageId (codegen-document-language)
                                   :version 0
                                   :text (codegen-document--text nil nil))))))))

(defun codegen-document-close ()
  "Tell the server that this buffer is of no concern any more."
  (when codegen-document--open
    (codegen-server-notify :textDocument/didClose
                           (list :textDocument (codegen-document-identifier)))
    (codegen-document-forget)))

(defun codegen-document-forget ()
  "This buffer isn't open in any server."
  (remove-hook 'before-change-functions #'codegen-document--before-change t)
  (remove-hook 'after-change-functions #'codegen-document--after-change t)
  (setq codegen-document--open nil))

(defun codegen-document-identifier ()
  "This document, as the protocol names it; nil if it isn't open."
  (and codegen-document--open
       (list :uri (codegen-document-uri codegen-document--open))))

(defun codegen-document-language ()
  "The protocol's name of this buffer's language."
  (let ((name (string-remove-suffix
               "-ts" (string-remove-suffix "-mode" (symbol-name major-mode)))))
    ;; The property is the one that Eglot documents for modes it doesn't know.
    (or (get major-mode 'eglot-language-id)
        (cdr (assoc name codegen-document--languages))
        name)))

(defun codegen-document--uri (file)
  "The URI of FILE."
  (let ((path (mapconcat #'url-hexify-string
                         (split-string (expand-file-name file) "/") "/")))
    (concat "file://" (unless (string-prefix-p "/" path) "/") path)))

;;;; The workspace's folders

(defvar codegen-document--folders nil
  "The folders of the projects whose files were opened.")

(defun codegen-document-folders ()
  "The workspace's folders, as the protocol has them."
  (mapcar (lambda (folder)
            (list :uri (codegen-document--uri folder)
                  :name (file-name-nondirectory folder)))
          codegen-document--folders))

(defun codegen-document-note-folder ()
  "Note the folder of this buffer's project; return it if it is a new one."
  (when-let* ((project (project-current))
              (root (expand-file-name (project-root project)))
              (folder (directory-file-name root))
              (new (not (member folder codegen-document--folders))))
    (setq codegen-document--folders
          (append codegen-document--folders (list folder)))
    folder))

(defun codegen-document--enter-folder ()
  "Tell the server of this buffer's project, if it doesn't know it yet."
  (when (codegen-document-note-folder)
    (codegen-server-notify
     :workspace/didChangeWorkspaceFolders
     (list :event (list :added (vconcat (last (codegen-document-folders)))
                        :removed [])))))

;;;; Positions

(defun codegen-document-position (&optional position)
  "Point, or POSITION, as the protocol counts."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (or position (point)))
      (list :line (1- (line-number-at-pos nil t))
            :character (codegen-document--units
                        (let ((inhibit-field-text-motion t))
                          (line-beginning-position))
                        (point))))))

(defun codegen-document-point (position)
  "The buffer position that POSITION of the protocol is."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (point-min))
      (forward-line (plist-get position :line))
      (let* ((character (plist-get position :character))
             (end (let ((inhibit-field-text-motion t))
                    (line-end-position)))
             (guess (min end (+ (point) character))))
        (if (= (codegen-document--units (point) guess) character)
            guess
          (while (and (> character 0) (< (point) end))
            (cl-decf character
                     (codegen-document--units (point) (1+ (point))))
            (forward-char))
          (point))))))

(defun codegen-document--units (start end)
  "How many of the encoding's units there are from START to END, in one line."
  (let ((text (codegen-document--valid
               (buffer-substring-no-properties start end))))
    (pcase (codegen-server-encoding)
      ("utf-8" (string-bytes text))
      ("utf-32" (length text))
      (_ (codegen-document-utf-16-length text)))))

(defun codegen-document-utf-16-length (text)
  "How many units of UTF-16 TEXT takes."
  (+ (length text)
     (cl-count-if (lambda (character) (> character #xffff)) text)))

;;;; Text

(defun codegen-document--line-end ()
  "How lines end on disk."
  (pcase (coding-system-eol-type (or buffer-file-coding-system 'undecided))
    (1 "\r\n")
    (2 "\r")
    (_ "\n")))

(defun codegen-document--text (start end)
  "The text between START and END as it is on disk; nil is the buffer's own."
  (save-restriction
    (widen)
    (string-replace "\n" (codegen-document-line-end codegen-document--open)
                    (codegen-document--valid
                     (buffer-substring-no-properties (or start (point-min))
                                                     (or end (point-max)))))))

(defun codegen-document--valid (text)
  "TEXT as Unicode has it: stray bytes, for example, are replaced."
  (replace-regexp-in-string
   (rx (not (any (0 . #xd7ff) (#xe000 . #x10ffff)))) "\ufffd" text t t))

;;;; Changes

(defun codegen-document--before-change (start end)
  "The text between START and END is about to change."
  (let ((document codegen-document--open))
    (when (or (/= (codegen-document-tick document)
                  (buffer-chars-modified-tick))
              (>= (length (codegen-document-changes document))
                  codegen-document--batch))
      (setf (codegen-document-whole document) t))
    (setf (codegen-document-before document)
          (unless (codegen-document-whole document)
            (list start (- end start)
                  (codegen-document-position start)
                  (codegen-document-position end))))))

(defun codegen-document--after-change (start end length)
  "The text from START to END has taken the place of LENGTH characters."
  (let ((document codegen-document--open))
    (pcase (codegen-document-before document)
      (`(,(pred (eql start)) ,(pred (eql length)) ,from ,to)
       (push (list :range (list :start from :end to)
                   :text (codegen-document--text start end))
             (codegen-document-changes document)))
      ;; Some primitives announce more than they change.
      (_ (setf (codegen-document-whole document) t)))
    (setf (codegen-document-before document) nil)
    (setf (codegen-document-tick document) (buffer-chars-modified-tick))))

(defun codegen-document-flush ()
  "Tell the server what has changed."
  (when-let* ((ready (codegen-server-ready-p))
              (document codegen-document--open))
    (let ((tick (buffer-chars-modified-tick))
          (line-end (codegen-document--line-end)))
      (unless (and (= (codegen-document-tick document) tick)
                   (equal (codegen-document-line-end document) line-end))
        (setf (codegen-document-whole document) t
              (codegen-document-tick document) tick
              (codegen-document-line-end document) line-end))
      (when (or (codegen-document-whole document)
                (codegen-document-changes document))
        (codegen-server-notify
         :textDocument/didChange
         (list :textDocument
               (list :uri (codegen-document-uri document)
                     :version (cl-incf (codegen-document-version document)))
               :contentChanges
               (if (codegen-document-whole document)
                   (vector (list :text (codegen-document--text nil nil)))
                 (vconcat (reverse (codegen-document-changes document))))))
        (setf (codegen-document-changes document) nil
              (codegen-document-whole document) nil)))))

(provide 'codegen-document)
;;; codegen-document.el ends here
