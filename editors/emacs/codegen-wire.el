;;; codegen-wire.el --- A connection that holds nobody up -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; Most of what is sent is sent from hooks.  There, Emacs waits for a server
;; that doesn't read, and C-g waits, too; and a hook that signals is one that
;; Emacs runs no more.
;;
;; So a write ends after a moment, by a timer, which runs while Emacs waits for
;; the pipe.  Nothing is lost: what the pipe didn't take is in the process' own
;; queue, which the next write sends first.

;;; Code:

(require 'jsonrpc)
(require 'codegen-status)

(defconst codegen-wire--patience 0.05
  "Seconds that a write may wait for the server to read.")

(defconst codegen-wire--pause 0.1
  "Seconds after which a write that had to end goes on.")

(defclass codegen-wire (jsonrpc-process-connection)
  ((process
    :documentation "The server's process.")
   (pause
    :initform nil
    :documentation "The timer of a write that is to go on; or nil."))
  :documentation "A connection to whose server one writes without waiting.")

(cl-defmethod jsonrpc-connection-send :around ((wire codegen-wire) &rest args)
  "Send the message that ARGS are to the server of WIRE, now or soon."
  (codegen-wire--write wire (lambda ()
                              (apply #'cl-call-next-method wire args))))

(defun codegen-wire--write (wire write)
  "Call WRITE, which writes to WIRE, for a moment; signal nothing."
  (condition-case problem
      (unless (codegen-wire--in-time (if (oref wire pause) 0 codegen-wire--patience)
                                     write)
        (codegen-wire--pause wire))
    (error
     (codegen-status-log (error-message-string problem))
     ;; One whose pipe is broken has ended for Emacs, and is started again.  For
     ;; one that was stopped, nothing is queued: it would go on with other texts.
     (let ((process (oref wire process)))
       (when (eq (process-status process) 'stop)
         (delete-process process))))))

(defun codegen-wire--in-time (seconds write)
  "Call WRITE; return whether it ended by itself within SECONDS.
Unlike `with-timeout', whose tag is the same for all calls from one place, this
ends the right write where a timer writes while another write waits."
  (let* ((tag (list nil))
         (timer (run-with-timer seconds nil (lambda () (throw tag nil)))))
    (catch tag
      (unwind-protect (funcall write)
        (cancel-timer timer))
      t)))

(defun codegen-wire--pause (wire)
  "The server of WIRE doesn't read; go on later."
  (unless (oref wire pause)
    (oset wire pause (run-with-timer codegen-wire--pause nil
                                     #'codegen-wire--go-on wire))))

(defun codegen-wire--go-on (wire)
  "Write what the server of WIRE didn't read before."
  (oset wire pause nil)
  (when (jsonrpc-running-p wire)
    (codegen-wire--write wire (lambda ()
                                (process-send-string (oref wire process) "")))))

(provide 'codegen-wire)
;;; codegen-wire.el ends here
