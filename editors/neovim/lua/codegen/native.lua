--- Neovim's own inline completion, from 0.12 on, in place of ours: for who wants all servers'
--- suggestions shown alike. It knows neither words nor lines.

local config = require("codegen.config")

local M = {}

-- What Neovim's ghost text is known by.
local NAMESPACE = "nvim.lsp.inline_completion"

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

--- Whether its ghost text is at the cursor. Until an edit is answered Neovim keeps the suggestion from
--- before, and would put it in where that was made for: perhaps lines above.
---@return boolean
local function is_here()
  local namespace = vim.api.nvim_get_namespaces()[NAMESPACE]
  if not namespace then
    -- It has another name in this Neovim. What Neovim says must do.
    return true
  end
  local row, col = unpack(vim.api.nvim_win_get_cursor(0))
  local marks = vim.api.nvim_buf_get_extmarks(0, namespace, { row - 1, col }, { row - 1, -1 }, { limit = 1 })
  return #marks > 0
end

--- What a key stands for; nil if it is not for us. Neovim puts the text in by itself.
---@param action string
---@return string? keys
function M.press(action)
  local inline = vim.lsp.inline_completion
  if not is_here() then
    return nil
  elseif action == "accept" then
    return inline.get() and "" or nil
  elseif action == "next" or action == "previous" then
    -- Not from within a mapping's expression, where an error would ask for a key.
    vim.schedule(function()
      inline.select({ count = action == "next" and 1 or -1 })
    end)
    return ""
  end
  return nil
end

return M
