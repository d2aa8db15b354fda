;;; codegen-status.el --- What the server says of itself -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; The server's state, its progress and its log, and what it wants to be shown
;; or answered.

;;; Code:

(require 'subr-x)

(defvar codegen-status--life nil
  "Whether there is a server.
nil is none, t is one, and a string says why none is started any more.")

(defvar codegen-status--told nil
  "The server's last status: :busy, :kind, :state and :message.")

(defvar codegen-status--percent nil
  "How much is done of what the server fetches or exports.")

(defconst codegen-status--log-size 500000
  "How many characters of the log are kept at most.")

(defun codegen-status-live (life)
  "There is a server or not, as LIFE says; see `codegen-status--life'."
  (setq codegen-status--life life
        codegen-status--told nil
        codegen-status--percent nil)
  (when (stringp life)
    (message "codegen: %s" life))
  (force-mode-line-update t))

(defun codegen-status-word ()
  "The status in a word or two."
  (let ((state (plist-get codegen-status--told :state)))
    (cond ((stringp codegen-status--life) "error")
          ((not codegen-status--life) "off")
          ((member state '(nil "loading"))
           (if codegen-status--percent
               (format "loading %d %%" codegen-status--percent)
             "loading"))
          ((equal state "ready")
           (if (eq (plist-get codegen-status--told :busy) t) "busy" "ready"))
          ((equal state "error") "error")
          ((equal state "missing") "no model")
          (t "off"))))

(defun codegen-status-sentence ()
  "What else there is to say; may be empty."
  (if (stringp codegen-status--life)
      codegen-status--life
    (or (plist-get codegen-status--told :message) "")))

(defun codegen-status-notification (_connection method params)
  "Take note of the server's notification METHOD with PARAMS."
  (pcase method
    ('didChangeStatus
     (setq codegen-status--told params)
     (force-mode-line-update t))
    ('$/progress
     (setq codegen-status--percent
           (plist-get (plist-get params :value) :percentage))
     (force-mode-line-update t))
    ('window/logMessage (codegen-status-log (plist-get params :message)))
    ('window/showMessage (message "%s" (plist-get params :message)))))

(defun codegen-status-question (params answer)
  "Let the user choose from the actions of PARAMS; call ANSWER with one, or nil.
Only when nothing is being typed: no key may answer what nobody has read."
  (if (or (active-minibuffer-window)
          (time-less-p (or (current-idle-time) 0) 1))
      (run-with-timer 1 nil #'codegen-status-question params answer)
    (let* ((titles (mapcar (lambda (action) (plist-get action :title))
                           (plist-get params :actions)))
           (prompt (format "%s (%s) " (plist-get params :message)
                           (string-join titles "/")))
           (completion-ignore-case t)
           (title (condition-case nil
                      (completing-read prompt titles nil t)
                    (quit nil))))
      (funcall answer (and (member title titles) (list :title title))))))

(defun codegen-status-log-buffer ()
  "The buffer with what the server has logged."
  (or (get-buffer "*codegen log*")
      (with-current-buffer (get-buffer-create "*codegen log*")
        (special-mode)
        (current-buffer))))

(defun codegen-status-log (text)
  "Add the lines of TEXT to the log."
  (unless (string-empty-p text)
    (with-current-buffer (codegen-status-log-buffer)
      (let ((inhibit-read-only t))
        (save-excursion
          (goto-char (point-max))
          (insert (string-trim-right text) "\n")
          (when (> (buffer-size) codegen-status--log-size)
            (delete-region (point-min) (/ (point-max) 2))))))))

(provide 'codegen-status)
;;; codegen-status.el ends here
