--- `:checkhealth codegen`.

local config = require("codegen.config")
local messages = require("codegen.messages")
local native = require("codegen.native")
local question = require("codegen.question")
local server = require("codegen.server")
local status = require("codegen.status")

local M = {}

local health = vim.health

-- Milliseconds that the program has to tell its version.
local PATIENCE = 20000

-- Warnings of the log that are repeated here.
local MOST = 5

local function check_options()
  health.start("codegen: options")
  if vim.fn.has("nvim-0.11") == 0 then
    health.error("Neovim 0.11 or later is needed")
  end
  if not config.is_set() then
    health.error("nothing is set up", 'call require("codegen").setup()')
    return
  end
  local problems = config.problems()
  vim.tbl_map(health.warn, problems)
  if #problems == 0 then
    health.ok("the options are right")
  end
  if native.wanted() then
    health.ok("Neovim's own inline completion shows suggestions")
  elseif config.get().ghost_text == "native" then
    health.warn("this Neovim has no inline completion: the plugin shows suggestions itself")
  end
  for action, lhs in vim.spairs(config.get().keys) do
    health.info(("%s: %s"):format(action:gsub("_", " "), lhs or "no key"))
  end
end

local function check_program()
  health.start("codegen: program")
  local program = config.get().cmd[1]
  local path = vim.fn.exepath(program)
  if path == "" then
    health.error(program .. " is not installed", "make install, in a clone of codegen")
    return
  end
  health.ok(path)
  if vim.deep_equal(config.get().cmd, { "codegen", "lsp" }) then
    local version = vim.system({ path, "--version" }, { text = true, env = config.get().env }):wait(PATIENCE)
    if version.code == 0 then
      health.ok(vim.trim(version.stdout))
    else
      health.warn("it doesn't tell its version: " .. vim.trim(version.stderr or ""))
    end
  end
end

local function check_server()
  health.start("codegen: server")
  local client, told = server.client(), status.get()
  if client then
    local info = client.server_info or {}
    health.ok(("%s %s runs; positions in %s"):format(info.name, info.version, client.offset_encoding))
    health.info(("buffers of its own: %d"):format(vim.tbl_count(client.attached_buffers)))
  else
    health.warn("no server runs", "it starts with the first file that has a 'filetype'")
  end
  local say = { Normal = health.ok, Inactive = health.info, Warning = health.warn, Error = health.error }
  if told then
    say[told.kind](("%s: %s"):format(told.state, told.message))
  end
  local asked = question.text()
  if asked then
    health.warn("it asks: " .. asked)
  end
  for _, warning in ipairs(vim.list_slice(vim.iter(messages.warnings()):rev():totable(), 1, MOST)) do
    health.warn(warning)
  end
end

function M.check()
  check_options()
  check_program()
  check_server()
end

return M
