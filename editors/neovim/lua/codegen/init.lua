--- Ghost text from `codegen lsp`, a language server that runs on this machine. See |codegen|.

local M = {}

--- Starts suggesting, with the user's options. Called again, it begins anew with others.
---@param options? table see |codegen-options|
function M.setup(options)
  local problems = require("codegen.config").set(options)
  for _, problem in ipairs(problems) do
    require("codegen.messages").say(problem, vim.log.levels.WARN)
  end
  require("codegen.ghost").colour()
  require("codegen.keys").setup()
  require("codegen.events").setup()
  require("codegen.server").restart()
end

--- For the status line: "codegen: ready", "codegen: loading 42 %" and the like.
---@return string
function M.statusline()
  return require("codegen.status").text()
end

--- Whether a suggestion is on the screen, for the user's own mappings.
---@return boolean
function M.visible()
  return require("codegen.suggest").visible()
end

return M
