--- What the server says: its log and its messages.

local M = {}

-- Lines of the log that are kept.
local MOST = 1000

local levels = { vim.log.levels.ERROR, vim.log.levels.WARN, vim.log.levels.INFO, vim.log.levels.DEBUG }
local names = { "error", "warning", "info", "debug" }

---@class codegen.Line
---@field at string
---@field kind string
---@field text string

---@type codegen.Line[]
local log = {}

---@param type integer the protocol's: 1 is an error, 4 and more is for debugging
---@param text string
local function keep(type, text)
  log[#log + 1] = { at = os.date("%H:%M:%S"), kind = names[math.min(type, 4)], text = text }
  if #log > MOST then
    table.remove(log, 1)
  end
end

--- Tells the user something. It is cut to what fits into the last line of the screen: a message
--- that is longer would ask for ENTER in the middle of typing. All of it stands in the log.
---@param text string
---@param level? integer of vim.log.levels
function M.say(text, level)
  level = level or vim.log.levels.INFO
  keep(vim.fn.index(levels, level) + 1, text)
  vim.schedule(function()
    local line = "codegen: " .. text:gsub("\n.*", "")
    local room = math.max(vim.v.echospace, 40)
    if vim.fn.strdisplaywidth(line) > room then
      line = vim.fn.strcharpart(line, 0, room - 1) .. "…"
    end
    vim.notify(line, level)
  end)
end

--- The log's lines, as they are shown.
---@return string[]
function M.lines()
  local lines = {}
  for _, each in ipairs(log) do
    local head = ("%s %-7s "):format(each.at, each.kind)
    for _, line in ipairs(vim.split(each.text, "\n")) do
      lines[#lines + 1] = head .. line
      head = (" "):rep(#head)
    end
  end
  return lines
end

--- Warnings and errors, the newest last.
---@return string[]
function M.warnings()
  local found = vim.tbl_filter(function(each)
    return each.kind == "warning" or each.kind == "error"
  end, log)
  return vim.tbl_map(function(each)
    return each.text
  end, found)
end

---@type table<string, lsp.Handler>
M.handlers = {
  ["window/logMessage"] = function(_, params)
    keep(params.type, params.message)
  end,
  ["window/showMessage"] = function(_, params)
    M.say((params.message:gsub("^codegen: ", "")), levels[math.min(params.type, 4)])
  end,
}

return M
