--- Neovim's own inline completion, from 0.12 on, in place of ours: for who wants all servers'
--- suggestions shown alike. It knows neither words nor lines.

local config = require("codegen.config")

local M = {}

--- Whether this Neovim has it.
---@return boolean
function M.present()
  return vim.lsp.inline_completion ~= nil
end

--- Whether it is to show the suggestions.
---@return boolean
function M.wanted()
  return config.get().ghost_text == "native" and M.present()
end

--- Lets it ask a client.
---@param client vim.lsp.Client
function M.enable(client)
  vim.lsp.inline_completion.enable(true, { client_id = client.id })
end

--- What a key stands for; nil if it is not for us. Neovim puts the text in by itself.
---@param action string
---@return string? keys
function M.press(action)
  local inline = vim.lsp.inline_completion
  if action == "accept" then
    return inline.get() and "" or nil
  elseif action == "next" or action == "previous" then
    inline.select({ count = action == "next" and 1 or -1 })
    return ""
  end
  return nil
end

return M
