--- A client of no server. Neovim 0.11 follows a buffer for its clients, and when that is edited
--- while there is none, it stops following for good: a client that is attached later would never
--- be told of an edit. So while there is no server, this one is attached in its place.

local M = {}

---@type integer?
local id

---@param dispatchers vim.lsp.rpc.Dispatchers
---@return vim.lsp.rpc.PublicClient
local function rpc(dispatchers)
  local closing = false
  return {
    -- It is never answered: the client stays as it is before `initialize`.
    request = function()
      return true, 1
    end,
    notify = function()
      return true
    end,
    is_closing = function()
      return closing
    end,
    terminate = function()
      closing = true
      dispatchers.on_exit(0, 0)
    end,
  }
end

---@param wanted fun(buf: integer): boolean
function M.start(wanted)
  local reuse = function()
    return false
  end
  id = vim.lsp.start({ name = "codegen (no server)", cmd = rpc }, { attach = false, reuse_client = reuse })
  for _, buf in ipairs(id and vim.tbl_filter(wanted, vim.api.nvim_list_bufs()) or {}) do
    vim.lsp.buf_attach_client(buf, id)
  end
end

function M.stop()
  local client = id and vim.lsp.get_client_by_id(id)
  id = nil
  if client then
    client:stop(true)
  end
end

return M
