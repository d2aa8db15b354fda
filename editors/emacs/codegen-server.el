;;; codegen-server.el --- The connection to `codegen lsp' -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; One server for the whole of Emacs, on the library `jsonrpc' that Eglot itself
;; is built on.  It is no Eglot server: Eglot manages one server per buffer, and
;; that one is the language's own.  Only what `jsonrpc' documents is used, since
;; its inside differs from one Emacs to the next.

;;; Code:

(require 'cl-lib)
(require 'jsonrpc)
(require 'subr-x)
(require 'codegen-status)
(require 'codegen-wire)

(defgroup codegen nil
  "Code completion by a model on your own machine."
  :group 'completion
  :prefix "codegen-")

;; Both are read by `default-value': no file or folder that is opened sets them.

(defcustom codegen-command '("codegen" "lsp")
  "The program that is the language server, and its arguments."
  :type '(repeat string)
  :risky t)

(defcustom codegen-settings nil
  "The server's settings, as a property list of the protocol's names.
For example (:maxLatency 3000 :languages (:markdown :json-false))."
  :type 'plist
  :risky t
  :set (lambda (symbol value)
         (set-default symbol value)
         (when (fboundp 'codegen-server-tell-settings)
           (codegen-server-tell-settings))))

(defvar codegen-server-ready-hook nil
  "Run when a server has been started and takes documents.")

(defvar codegen-server-gone-hook nil
  "Run when the server is there no more: what it was told is forgotten.")

(defvar codegen-server-folders-function #'ignore
  "Gives the list of the workspace's folders, each as the protocol has it.")

(defconst codegen-server--install
  "make install, in a clone of codegen"
  "How the server is installed.")

(defconst codegen-server--lives 3
  "How often a server that died is started again, in `codegen-server--span'.")

(defconst codegen-server--span 180
  "Seconds; see `codegen-server--lives'.")

(defconst codegen-server--capabilities
  '( :general (:positionEncodings ["utf-8" "utf-32" "utf-16"])
     :window
     ( :workDoneProgress t
       :showMessage (:messageActionItem
                     (:additionalPropertiesSupport :json-false)))
     :workspace (:configuration t :workspaceFolders t)
     :textDocument (:inlineCompletion (:dynamicRegistration :json-false)))
  "What we are capable of.")

(defclass codegen-server--connection (codegen-wire)
  ((encoding
    :initform nil
    :documentation "What a position's character counts, once it is known.")
   (asked
    :initform nil
    :documentation "The id of the request for inline completion in progress."))
  :documentation "A connection to `codegen lsp'.")

(defvar codegen-server--current nil
  "The connection, be it initialised already or not; or nil.")

(defvar codegen-server--given-up nil
  "Whether no server is started any more.")

(defvar codegen-server--deaths nil
  "When servers have died, the latest first.")

;;;; What the rest of the package calls

(defun codegen-server-ready-p ()
  "Whether the server takes documents and requests."
  (and codegen-server--current
       (jsonrpc-running-p codegen-server--current)
       (oref codegen-server--current encoding)))

(defun codegen-server-encoding ()
  "What a position's character counts: \"utf-8\", \"utf-16\" or \"utf-32\"."
  (oref codegen-server--current encoding))

(defun codegen-server-notify (method params)
  "Send the notification METHOD with PARAMS, if there is a server for it."
  (when (codegen-server-ready-p)
    (jsonrpc-notify codegen-server--current method params)))

(defun codegen-server-ask (method params then)
  "Send the request METHOD with PARAMS; call THEN with its result, later.
An error is as good as no answer."
  (when (codegen-server-ready-p)
    (codegen-server--ask codegen-server--current method params then #'ignore)))

(defun codegen-server-suggest (params then)
  "Request inline completion with PARAMS; call THEN with its result, later."
  (when (codegen-server-ready-p)
    (let* ((connection codegen-server--current)
           (id nil)
           (done (lambda ()
                   (when (eql id (oref connection asked))
                     (oset connection asked nil)))))
      (codegen-server--ask connection :textDocument/inlineCompletion params
                           (lambda (result)
                             (funcall done)
                             (funcall then result))
                           (lambda (_) (funcall done)))
      (setq id (oref connection asked)))))

(defun codegen-server-cancel ()
  "Cancel the request for inline completion that isn't answered yet."
  (when-let* ((ready (codegen-server-ready-p))
              (id (oref codegen-server--current asked)))
    (oset codegen-server--current asked nil)
    (codegen-server-notify :$/cancelRequest (list :id id))))

(defun codegen-server-tell-settings ()
  "Tell the server that `codegen-settings' has changed."
  (codegen-server-notify :workspace/didChangeConfiguration
                         (list :settings (codegen-server--settings))))

(defun codegen-server-ensure ()
  "Start the server, unless there is one or it is of no use."
  (unless (or codegen-server--current codegen-server--given-up)
    (let ((command (default-value 'codegen-command)))
      (if (executable-find (car command))
          (codegen-server--start command)
        (codegen-server--give-up
         (format "%s is not installed: %s"
                 (car command) codegen-server--install))))))

(defun codegen-server-stop ()
  "End the server, in its own time."
  (when-let* ((connection codegen-server--current))
    ;; Forgotten first, so that its end is none that is to be repaired.
    (codegen-server--forget)
    (when (jsonrpc-running-p connection)
      (codegen-server--ask connection :shutdown nil
                           (lambda (_) (jsonrpc-notify connection :exit nil))
                           #'ignore)
      (run-with-timer 3 nil (lambda ()
                              (when (jsonrpc-running-p connection)
                                (jsonrpc-shutdown connection)))))))

(defun codegen-server-restart ()
  "End the server if there is one, and start another."
  (codegen-server-stop)
  (setq codegen-server--given-up nil
        codegen-server--deaths nil)
  (codegen-server-ensure))

;;;; Life

(defun codegen-server--start (command)
  "Start COMMAND, and tell it who we are."
  (let* (process
         (connection
          (apply #'make-instance 'codegen-server--connection
                 :name "codegen"
                 :process (lambda ()
                            (setq process (codegen-server--process command)))
                 :request-dispatcher #'codegen-server--request
                 :notification-dispatcher #'codegen-status-notification
                 :on-shutdown #'codegen-server--died
                 ;; Events hold source text, and cost time with every key.
                 (if (fboundp 'jsonrpc-continuation-count)
                     '(:events-buffer-config (:size 0))
                   '(:events-buffer-scrollback-size 0)))))
    (oset connection process process)
    (setq codegen-server--current connection)
    (codegen-status-live t)
    (codegen-server--ask
     connection :initialize (codegen-server--introduction)
     (lambda (answer)
       (when (eq connection codegen-server--current)
         (let ((capabilities (plist-get answer :capabilities)))
           (oset connection encoding
                 (or (plist-get capabilities :positionEncoding) "utf-16")))
         (jsonrpc-notify connection :initialized (make-hash-table))
         (run-hooks 'codegen-server-ready-hook)))
     (lambda (error)
       (codegen-status-log
        (format "No initialisation: %s" (plist-get error :message)))))))

(defun codegen-server--process (command)
  "The process of COMMAND; `jsonrpc' knows its buffer of errors by the name."
  (let ((default-directory (expand-file-name "~/")))
    (make-process :name "codegen" :command command
                  :connection-type 'pipe :coding 'utf-8-emacs-unix :noquery t
                  :stderr (get-buffer-create "*codegen stderr*"))))

(defun codegen-server--introduction ()
  "The parameters of `initialize'."
  (list :processId (emacs-pid)
        :clientInfo (list :name "Emacs" :version emacs-version)
        :rootUri nil
        :workspaceFolders (vconcat (funcall codegen-server-folders-function))
        :initializationOptions (codegen-server--settings)
        :capabilities codegen-server--capabilities))

(defun codegen-server--settings ()
  "The user's settings; an empty table is one, too."
  (or (default-value 'codegen-settings) (make-hash-table)))

(defun codegen-server--forget ()
  "There is no server any more."
  (setq codegen-server--current nil)
  (codegen-status-live nil)
  (run-hooks 'codegen-server-gone-hook))

(defun codegen-server--died (connection)
  "CONNECTION's process has ended; start another unless that is no use."
  (when (eq connection codegen-server--current)
    (codegen-status-log (with-current-buffer (jsonrpc-stderr-buffer connection)
                          (buffer-string)))
    (codegen-server--forget)
    (let ((now (float-time)))
      (push now codegen-server--deaths)
      (setq codegen-server--deaths
            (cl-remove-if (lambda (at) (> (- now at) codegen-server--span))
                          codegen-server--deaths)))
    (if (> (length codegen-server--deaths) codegen-server--lives)
        (codegen-server--give-up
         "the server ended too often; M-x codegen-restart tries again")
      (message "codegen: the server ended; it is started again")
      ;; Not from within the process' sentinel.
      (run-at-time 0 nil #'codegen-server-ensure))))

(defun codegen-server--give-up (why)
  "Start no more servers, and say WHY, once."
  (setq codegen-server--given-up t)
  (codegen-status-live why))

;;;; Messages

(defun codegen-server--ask (connection method params then failed)
  "Ask CONNECTION for METHOD with PARAMS.
Call THEN with a result, or FAILED with an error, outside of the process'
filter: what they send might bring the next message while the filter is at
work on this one."
  (jsonrpc-async-request
   connection method params
   :timeout nil
   :success-fn (lambda (result) (run-at-time 0 nil then result))
   :error-fn (lambda (error) (run-at-time 0 nil failed error))))

(cl-defmethod jsonrpc-connection-send
  :around ((connection codegen-server--connection)
           &rest args &key id method result &allow-other-keys)
  "Do what `jsonrpc' can't: know a request's id, and answer one later.
CONNECTION, and ID, METHOD and RESULT of ARGS are those of the message."
  (if (eq (car-safe result) 'codegen-server--later)
      (codegen-status-question
       (cdr result)
       (lambda (choice)
         (when (jsonrpc-running-p connection)
           (jsonrpc-connection-send connection :id id :result choice))))
    (when (and id (eq method :textDocument/inlineCompletion))
      (oset connection asked id))
    (apply #'cl-call-next-method connection args)))

(defun codegen-server--request (_connection method params)
  "Answer the server's request METHOD with PARAMS."
  (pcase method
    ('workspace/configuration
     (vconcat (mapcar (lambda (item)
                        (and (equal (plist-get item :section) "codegen")
                             (codegen-server--settings)))
                      (plist-get params :items))))
    ('workspace/workspaceFolders
     (vconcat (funcall codegen-server-folders-function)))
    ('window/workDoneProgress/create nil)
    ('window/showMessageRequest (cons 'codegen-server--later params))
    (_ (jsonrpc-error :code -32601 :message (format "no method %s" method)))))

(provide 'codegen-server)
;;; codegen-server.el ends here
