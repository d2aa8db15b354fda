;;; codegen-ghost.el --- Suggestions, shown as ghost text -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; A suggestion replaces a range around the cursor.  What stands in the range
;; before the cursor must be its beginning; the rest of it is the ghost text.
;; What stands in the range after the cursor is either its end, and the ghost
;; text is shown before it, or it is covered by the ghost text.  So what is seen
;; is what accepting makes of the buffer.

;;; Code:

(require 'cl-lib)
(require 'subr-x)
(require 'codegen-document)
(require 'codegen-server)

(defface codegen-ghost '((t :inherit shadow))
  "Face of ghost text."
  :group 'codegen)

(cl-defstruct (codegen-ghost--state (:constructor codegen-ghost--make)
                                    (:conc-name codegen-ghost--its-))
  "A suggestion at the cursor.
ITEM is the server's, TEXT what it inserts, with line ends as buffers have them.
START and END mark what it replaces, and AT is where START was.  OTHERS are all
items, if they were asked for by hand.  TOLD says that the server knows that it
was shown."
  item text start end at others overlay told)

(defvar-local codegen-ghost--current nil
  "The suggestion at the cursor, be it visible or not; or nil.")

;;;; What there is

(defun codegen-ghost--mine ()
  "The suggestion at the cursor, or nil.
An indirect buffer may have a copy of its base's variables; it has none."
  (and (not (buffer-base-buffer)) codegen-ghost--current))

(defun codegen-ghost-visible-p ()
  "Whether ghost text is shown at the cursor, in this window."
  (when-let* ((ghost (codegen-ghost--mine))
              (overlay (codegen-ghost--its-overlay ghost)))
    (and (overlay-buffer overlay)
         (eq (overlay-get overlay 'window) (selected-window)))))

(defun codegen-ghost-rest ()
  "What of the suggestion comes after the cursor."
  (when-let* ((ghost (codegen-ghost--mine)))
    (codegen-ghost--rest ghost)))

(defun codegen-ghost-rest-of (item)
  "What ITEM would show here; nil if it doesn't fit."
  (when-let* ((ghost (codegen-ghost--of item)))
    (codegen-ghost--rest ghost)))

(defun codegen-ghost-others ()
  "All suggestions, if they were asked for by hand."
  (when-let* ((ghost (codegen-ghost--mine)))
    (codegen-ghost--its-others ghost)))

(defun codegen-ghost--of (item)
  "The suggestion that ITEM is at the cursor; nil if it doesn't fit there."
  (let* ((range (plist-get item :range))
         (start (codegen-document-point (plist-get range :start)))
         (end (codegen-document-point (plist-get range :end))))
    (when (<= (point-min) start (point) end (point-max))
      (let ((ghost (codegen-ghost--make
                    :item item
                    :text (string-replace "\r\n" "\n"
                                          (plist-get item :insertText))
                    :start (copy-marker start)
                    :end (copy-marker end t)
                    :at start)))
        (and (codegen-ghost--rest ghost) ghost)))))

(defun codegen-ghost--rest (ghost)
  "What of GHOST comes after the cursor; nil if it doesn't fit, or is there."
  (let* ((start (codegen-ghost--its-start ghost))
         (text (codegen-ghost--its-text ghost))
         (typed (and (<= (point-min) start (point)
                         (codegen-ghost--its-end ghost) (point-max))
                     (buffer-substring-no-properties start (point)))))
    (when (and typed (string-prefix-p typed text))
      (let ((rest (substring text (length typed))))
        (unless (member rest (list "" (codegen-ghost--tail ghost)))
          rest)))))

(defun codegen-ghost--tail (ghost)
  "What comes after the cursor and is replaced by GHOST."
  (buffer-substring-no-properties (point) (codegen-ghost--its-end ghost)))

;;;; Shown and hidden

(defun codegen-ghost-show (items &optional others)
  "Show the first of ITEMS that fits, in place of what is there.
OTHERS are the items to choose from."
  (when-let* ((ghost (cl-some #'codegen-ghost--of items)))
    (setf (codegen-ghost--its-others ghost) others)
    (let ((old (codegen-ghost--mine)))
      ;; With each key of a suggestion that is typed, its rest is sent again.
      (when (and old (equal (codegen-ghost--rest old)
                            (codegen-ghost--rest ghost)))
        (setf (codegen-ghost--its-told ghost) (codegen-ghost--its-told old)))
      (codegen-ghost-clear))
    (setq codegen-ghost--current ghost)
    (codegen-ghost-render)))

(defun codegen-ghost-clear ()
  "Forget the suggestion."
  (when-let* ((ghost (codegen-ghost--mine)))
    (codegen-ghost--hide ghost)
    (set-marker (codegen-ghost--its-start ghost) nil)
    (set-marker (codegen-ghost--its-end ghost) nil)
    (setq codegen-ghost--current nil)))

(defun codegen-ghost-forget-clone ()
  "Forget the suggestion that an indirect buffer has copied from its base."
  (setq codegen-ghost--current nil)
  (save-restriction
    (widen)
    (remove-overlays nil nil 'codegen-ghost t)))

(defun codegen-ghost-follow (from)
  "Keep the suggestion if the command that began at FROM has typed more of it."
  (when-let* ((ghost (codegen-ghost--mine)))
    (if (and (> (point) from)
             (= (codegen-ghost--its-start ghost) (codegen-ghost--its-at ghost))
             (codegen-ghost--rest ghost))
        (progn
          ;; Their ranges were those of another cursor.
          (setf (codegen-ghost--its-others ghost) nil)
          (codegen-ghost-render))
      (codegen-ghost-clear))))

(defun codegen-ghost-render (&rest _)
  "Show the suggestion if it fits and there is no menu to choose from."
  (when-let* ((ghost (codegen-ghost--mine)))
    (codegen-ghost--hide ghost)
    (when (and (codegen-ghost--rest ghost) (not (codegen-ghost--menu-p)))
      (codegen-ghost--draw ghost)
      (unless (codegen-ghost--its-told ghost)
        (setf (codegen-ghost--its-told ghost) t)
        (codegen-server-notify :textDocument/didShowCompletion
                               (list :item (codegen-ghost--its-item ghost)))))))

(defun codegen-ghost--menu-p ()
  "Whether a menu is open: that of Emacs, Corfu, Company and their like."
  (or completion-in-region-mode
      (bound-and-true-p company-candidates)
      (bound-and-true-p ac-completing)
      (bound-and-true-p completion-preview-active-mode)))

(defun codegen-ghost--draw (ghost)
  "Put GHOST's rest on the screen."
  (let* ((rest (codegen-ghost--rest ghost))
         (tail (codegen-ghost--tail ghost))
         (before (string-suffix-p tail rest))
         (new (if before (string-remove-suffix tail rest) rest))
         ;; In a line's end, the cursor needs a place to stand in.
         (place (if (string-prefix-p "\n" new) " " ""))
         (shown (propertize (concat place new) 'face 'codegen-ghost))
         (end (if before (point) (codegen-ghost--its-end ghost)))
         (overlay (make-overlay (point) end)))
    ;; The cursor stands before the ghost text, not after it.
    (put-text-property 0 1 'cursor t shown)
    (overlay-put overlay (if before 'after-string 'display) shown)
    (overlay-put overlay 'window (selected-window))
    (overlay-put overlay 'codegen-ghost t)
    (setf (codegen-ghost--its-overlay ghost) overlay)))

(defun codegen-ghost--hide (ghost)
  "Take GHOST off the screen."
  (when-let* ((overlay (codegen-ghost--its-overlay ghost)))
    (delete-overlay overlay)
    (setf (codegen-ghost--its-overlay ghost) nil)))

;;;; Accepted

(defun codegen-ghost-accept ()
  "Insert the whole suggestion, and tell the server."
  (when-let* ((ghost (codegen-ghost--mine))
              (rest (codegen-ghost--rest ghost)))
    (barf-if-buffer-read-only)
    (let ((end (marker-position (codegen-ghost--its-end ghost)))
          (command (plist-get (codegen-ghost--its-item ghost) :command)))
      (codegen-ghost-clear)
      (delete-region (point) end)
      (insert rest)
      (when command
        (codegen-document-flush)
        (codegen-server-ask :workspace/executeCommand
                            (list :command (plist-get command :command)
                                  :arguments (plist-get command :arguments))
                            #'ignore)))))

(defun codegen-ghost-accept-part (regexp)
  "Insert the suggestion's beginning that REGEXP matches; the rest stays."
  (when-let* ((ghost (codegen-ghost--mine))
              (rest (codegen-ghost--rest ghost)))
    (let ((part (if (string-match regexp rest) (match-string 0 rest) rest)))
      (if (member part (list rest (string-remove-suffix
                                   (codegen-ghost--tail ghost) rest)))
          (codegen-ghost-accept)
        (barf-if-buffer-read-only)
        (insert part)
        (codegen-document-flush)
        (codegen-server-notify
         :textDocument/didPartiallyAcceptCompletion
         (list :item (codegen-ghost--its-item ghost)
               :acceptedLength (codegen-ghost--accepted ghost)))))))

(defun codegen-ghost--accepted (ghost)
  "How much of GHOST's item is in the buffer, in the protocol's units."
  (let ((typed (buffer-substring-no-properties
                (codegen-ghost--its-start ghost) (point)))
        (sent (plist-get (codegen-ghost--its-item ghost) :insertText)))
    (codegen-document-utf-16-length
     (if (string-search "\r\n" sent)
         (string-replace "\n" "\r\n" typed)
       typed))))

(provide 'codegen-ghost)
;;; codegen-ghost.el ends here
