--- What the server does, for the status line.

local M = {}

---@class codegen.Status as the server tells it by `didChangeStatus`
---@field busy boolean
---@field kind "Normal"|"Warning"|"Error"|"Inactive"
---@field state "unloaded"|"loading"|"ready"|"missing"|"error"
---@field message string

---@type codegen.Status?
local told
---@type integer? of the transfer that is under way
local percentage
-- The server waits for the user's answer.
local asked = false

local function changed()
  vim.api.nvim_exec_autocmds("User", { pattern = "CodegenStatus", modeline = false })
  vim.cmd.redrawstatus()
end

--- The server tells its state.
---@param status codegen.Status
function M.set(status)
  told = status
  if status.state ~= "loading" then
    percentage = nil
  end
  changed()
end

--- A transfer of the server begins, goes on or ends.
---@param value { kind: string, percentage?: integer }
function M.progress(value)
  percentage = value.kind ~= "end" and value.percentage or nil
  changed()
end

--- The server asks the user something, or it doesn't any more.
---@param on boolean
function M.asks(on)
  asked = on
  changed()
end

--- There is no server.
---@param why? string what went wrong; nothing if it was ended on purpose
function M.gone(why)
  told = why and { busy = false, kind = "Error", state = "error", message = why } or nil
  percentage = nil
  changed()
end

--- What the server told last.
---@return codegen.Status?
function M.get()
  return told
end

---@return string
local function word()
  if asked then
    return "asks (:Codegen answer)"
  elseif not told or require("codegen.config").get().settings.enabled == false then
    return "off"
  elseif told.state == "loading" then
    return percentage and ("loading %d %%"):format(percentage) or "loading"
  elseif told.state == "ready" then
    return told.busy and "busy" or "ready"
  end
  return ({ unloaded = "off", missing = "no model", error = "error" })[told.state] or told.state
end

---@return string
function M.text()
  return "codegen: " .. word()
end

return M
