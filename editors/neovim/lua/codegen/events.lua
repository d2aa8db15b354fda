--- Neovim's events, and what follows from each.

local config = require("codegen.config")
local ghost = require("codegen.ghost")
local keys = require("codegen.keys")
local native = require("codegen.native")
local server = require("codegen.server")
local status = require("codegen.status")
local suggest = require("codegen.suggest")

local M = {}

-- Milliseconds after which the cursor rests.
local REST = 500

---@type uv.uv_timer_t
local rest_timer = assert(vim.uv.new_timer())
-- The text's state when the cursor moved last, and when it was last seen outside Insert mode.
local moved_at, seen_at

---@return { uri: string }
local function document(buf)
  return { uri = vim.uri_from_bufnr(buf) }
end

local function enabled()
  return config.get().settings.enabled ~= false
end

--- What a text's state is known by.
local function state()
  local buf = vim.api.nvim_get_current_buf()
  return ("%d %d"):format(buf, vim.api.nvim_buf_get_changedtick(buf))
end

local function seen()
  seen_at = state()
end

--- The cursor may rest where it is now. Where an edit has moved it, the request for it says more.
local function moved()
  local edited = moved_at ~= state()
  moved_at = state()
  rest_timer:stop()
  local client = server.client(vim.api.nvim_get_current_buf())
  if edited or not client or not enabled() then
    return
  end
  rest_timer:start(REST, 0, vim.schedule_wrap(function()
    if moved_at == state() and not client:is_stopped() then
      local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
      client:notify("codegen/didMoveCursor", params)
    end
  end))
end

--- Insert mode begins; by `o`, `cc` and their like with an edit.
local function entered()
  if server.client(vim.api.nvim_get_current_buf()) then
    keys.install()
    if seen_at ~= state() and not native.wanted() then
      suggest.edited()
    end
  end
end

--- A buffer is the server's now.
---@param client vim.lsp.Client
---@param buf integer
function M.attached(client, buf)
  if native.wanted() then
    native.enable(client)
  end
  if buf == vim.api.nvim_get_current_buf() and vim.api.nvim_get_mode().mode:sub(1, 1) == "i" then
    keys.install()
  end
end

--- Insert or Replace mode ends, be it for one command only. CTRL-C does so without InsertLeave.
local function left()
  if not vim.startswith(vim.v.event.new_mode, "i") then
    seen()
    suggest.dismiss()
  end
end

--- What only our own ghost text needs.
local function watch_typing(on)
  on("ModeChanged", left, { "i*:*", "R*:*" })
  on("TextChangedI", suggest.edited)
  on("CursorMovedI", suggest.moved)
  on({ "TextChangedP", "CompleteChanged", "BufLeave", "WinLeave" }, suggest.dismiss)
end

function M.setup()
  local group = vim.api.nvim_create_augroup("codegen", {})
  local function on(events, callback, pattern)
    vim.api.nvim_create_autocmd(events, {
      group = group,
      pattern = pattern,
      callback = function(args)
        callback(args)
      end,
    })
  end

  on({ "FileType", "BufWritePost", "BufFilePost" }, function(args)
    server.attach(args.buf)
  end)
  on("BufFilePre", function(args)
    server.rename(args.buf)
  end)
  on("OptionSet", function()
    server.reopen(vim.api.nvim_get_current_buf())
  end, { "fileformat", "endofline" })
  on("LspProgress", function(args)
    local client = server.client()
    if client and args.data.client_id == client.id then
      status.progress(args.data.params.value)
    end
  end)
  on("BufEnter", function(args)
    seen()
    local client = server.client(args.buf)
    if client and enabled() then
      client:notify("textDocument/didFocus", { textDocument = document(args.buf) })
    end
  end)
  on("ColorScheme", ghost.colour)
  on("TextChanged", seen)
  on("InsertEnter", entered)
  on({ "CursorMoved", "CursorMovedI" }, moved)
  if not native.wanted() then
    watch_typing(on)
  end
end

return M
