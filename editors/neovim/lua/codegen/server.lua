--- The language server: one process for all buffers, since it holds a model.

local config = require("codegen.config")
local idle = require("codegen.idle")
local messages = require("codegen.messages")
local question = require("codegen.question")
local status = require("codegen.status")

local M = {}

local NAME = "codegen"

-- Enough for what fails now and then, and too few for what always fails.
local RESTARTS, WITHIN = 3, 180

-- Milliseconds that a server has to end by itself.
local PATIENCE = 2000

---@class codegen.Run one process of the server
---@field id integer of its client
---@field code integer
---@field signal integer
---@field replaced boolean another one is wanted in its place

---@type codegen.Run?
local run
-- When servers ended that should not have, in seconds.
---@type integer[]
local deaths = {}
-- It isn't to be started by itself: it can't be, or it was stopped on purpose.
local given_up = false
-- The language that a buffer was opened with.
---@type table<integer, string>
local languages = {}

--- Whether a buffer is a file with a language; what is too large is left to the server.
---@param buf integer
---@return boolean
function M.serves(buf)
  local name = vim.fn.bufname(buf)
  return vim.api.nvim_buf_is_loaded(buf)
    and vim.bo[buf].buftype == ""
    and vim.bo[buf].filetype ~= ""
    and name ~= ""
    and not name:find("^%a[%w+.-]*://")
end

--- Starts the process. How it ended is kept from Neovim, which would say so in a message of two
--- lines, and wait for ENTER in the middle of typing.
local function spawn(of)
  return function(dispatchers)
    local told = dispatchers.on_exit
    local own = {
      on_exit = function(code, signal)
        of.code, of.signal = code, signal
        told(0, 0)
      end,
    }
    local options = config.get()
    return vim.lsp.rpc.start(options.cmd, vim.tbl_extend("force", dispatchers, own), { env = options.env })
  end
end

--- Tells the server of a folder that it doesn't know yet.
---@param client vim.lsp.Client
---@param buf integer
local function add_folder(client, buf)
  local root = vim.fs.root(buf, config.get().root_markers)
  if not root then
    return
  end
  local folder = { uri = vim.uri_from_fname(root), name = root }
  client.workspace_folders = client.workspace_folders or {}
  for _, known in ipairs(client.workspace_folders) do
    if known.uri == folder.uri then
      return
    end
  end
  table.insert(client.workspace_folders, folder)
  client:notify("workspace/didChangeWorkspaceFolders", { event = { added = { folder }, removed = {} } })
end

--- A table for the wire, where an empty one would be a list.
local function object(value)
  return next(value) and value or vim.empty_dict()
end

local start

--- The process has ended. What is started here is there before Neovim has forgotten its client,
--- so that at no time a buffer is followed by nobody; see idle.lua.
---@param of codegen.Run
local function ended(of)
  if run ~= of or vim.v.exiting ~= vim.NIL then
    return
  end
  run = nil
  require("codegen.suggest").dismiss()
  question.withdraw()
  if of.replaced then
    status.gone()
    start()
    return
  end
  if of.code == 0 and of.signal == 0 then
    -- Somebody has asked Neovim to stop it.
    given_up = true
    idle.start(M.serves)
    status.gone()
    return
  end
  local how = of.signal ~= 0 and ("signal %d"):format(of.signal) or ("code %d"):format(of.code)
  local now = os.time()
  deaths = vim.tbl_filter(function(at)
    return now - at < WITHIN
  end, deaths)
  if #deaths < RESTARTS then
    deaths[#deaths + 1] = now
    status.gone()
    messages.say(("the server ended (%s) and is started again"):format(how), vim.log.levels.WARN)
    start()
    return
  end
  given_up = true
  idle.start(M.serves)
  status.gone(("the server ended again and again (%s)"):format(how))
  messages.say("the server ends again and again; see :Codegen log|restart", vim.log.levels.ERROR)
end

---@param of codegen.Run
---@param root string?
---@return vim.lsp.ClientConfig
local function client_config(of, root)
  local options = config.get()
  return {
    name = NAME,
    cmd = spawn(of),
    root_dir = root,
    init_options = object(options.settings),
    settings = { codegen = object(options.settings) },
    capabilities = { textDocument = { inlineCompletion = { dynamicRegistration = false } } },
    handlers = vim.tbl_extend("error", messages.handlers, {
      didChangeStatus = function(_, params)
        status.set(params)
      end,
      ["window/showMessageRequest"] = question.ask,
    }),
    on_attach = function(client, buf)
      add_folder(client, buf)
      require("codegen.events").attached(client, buf)
    end,
    on_exit = function()
      vim.schedule(function()
        ended(of)
      end)
    end,
  }
end

--- Attaches a buffer to the process that runs.
---@param buf integer
local function attach(buf)
  local language = vim.bo[buf].filetype
  if vim.lsp.buf_is_attached(buf, run.id) and languages[buf] ~= language then
    vim.lsp.buf_detach_client(buf, run.id)
  end
  languages[buf] = language
  vim.lsp.buf_attach_client(buf, run.id)
end

--- Starts the process, for all buffers that are there.
function start()
  local wanted = vim.tbl_filter(M.serves, vim.api.nvim_list_bufs())
  if run or given_up or #wanted == 0 then
    return
  end
  local program = config.get().cmd[1]
  if vim.fn.executable(program) == 0 then
    given_up = true
    status.gone(("%s is not installed"):format(program))
    messages.say("not found; make install, in a clone of codegen", vim.log.levels.WARN)
    return
  end
  local of = { id = 0, code = 0, signal = 0, replaced = false }
  local id = vim.lsp.start(client_config(of, vim.fs.root(wanted[1], config.get().root_markers)), {
    attach = false,
    reuse_client = function()
      return false
    end,
  })
  if not id then
    given_up = true
    status.gone(("%s can't be started"):format(program))
    return
  end
  of.id, run = id, of
  vim.tbl_map(attach, wanted)
  idle.stop()
end

--- Serves a buffer, if it is one to be served.
---@param buf integer
function M.attach(buf)
  if not M.serves(buf) then
    return
  elseif run then
    attach(buf)
  else
    start()
  end
end

---@param buf integer
---@return boolean detached false if it wasn't attached
local function detach(buf)
  if not run or not vim.lsp.buf_is_attached(buf, run.id) then
    return false
  end
  vim.lsp.buf_detach_client(buf, run.id)
  return true
end

--- Tells the server a document anew, whose text is another without an edit.
---@param buf integer
function M.reopen(buf)
  if detach(buf) then
    attach(buf)
  end
end

--- A buffer is about to get another name. It must be closed while it has the one that the server
--- knows; BufFilePost opens it again. That event doesn't come if the name can't be had.
---@param buf integer
function M.rename(buf)
  if detach(buf) then
    vim.schedule(function()
      M.attach(buf)
    end)
  end
end

--- Starts the server, or another in its place.
function M.restart()
  deaths, given_up = {}, false
  local client = run and vim.lsp.get_client_by_id(run.id)
  if not run or not client then
    start()
    return
  end
  run.replaced = true
  client:stop()
  vim.defer_fn(function()
    if not client.rpc.is_closing() then
      client.rpc.terminate()
    end
  end, PATIENCE)
end

--- The client, once it is connected; of a buffer, if that is attached.
---@param buf? integer
---@return vim.lsp.Client?
function M.client(buf)
  local client = run and vim.lsp.get_client_by_id(run.id)
  if not client or not client.initialized or client:is_stopped() then
    return nil
  end
  return (not buf or client.attached_buffers[buf]) and client or nil
end

---@param method string
---@param params table
function M.notify(method, params)
  local client = M.client()
  if client then
    client:notify(method, params)
  end
end

--- Runs an item's command.
---@param command lsp.Command
function M.execute(command)
  local client = M.client()
  if client then
    client:exec_cmd(command, nil, function() end)
  end
end

--- Changes settings of the server, for as long as Neovim runs.
---@param changes table<string, any>
function M.configure(changes)
  local settings = config.get().settings
  for name, value in pairs(changes) do
    settings[name] = value
  end
  local client = M.client()
  if client then
    client.settings = { codegen = object(settings) }
    client:notify("workspace/didChangeConfiguration", { settings = client.settings })
  end
end

return M
