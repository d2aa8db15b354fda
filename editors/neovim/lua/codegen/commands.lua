--- `:Codegen` and what can follow it.

local config = require("codegen.config")
local messages = require("codegen.messages")
local question = require("codegen.question")
local server = require("codegen.server")
local status = require("codegen.status")
local suggest = require("codegen.suggest")

local M = {}

--- Shows lines in a window of their own.
---@param title string
---@param lines string[]
---@param filetype string
local function show(title, lines, filetype)
  vim.cmd("botright new")
  local buf = vim.api.nvim_get_current_buf()
  vim.bo[buf].buftype, vim.bo[buf].bufhidden, vim.bo[buf].swapfile = "nofile", "wipe", false
  vim.api.nvim_buf_set_lines(buf, 0, -1, true, lines)
  vim.bo[buf].modifiable = false
  vim.bo[buf].filetype = filetype
  vim.api.nvim_buf_set_name(buf, ("codegen://%s/%d"):format(title, buf))
  vim.keymap.set("n", "q", "<C-w>c", { buffer = buf, desc = "close" })
end

---@param on boolean
local function enable(on)
  server.configure({ enabled = on })
  if not on then
    suggest.dismiss()
  end
  vim.cmd.redrawstatus()
end

local function is_enabled()
  return config.get().settings.enabled ~= false
end

---@param language string?
---@param on boolean
local function enable_language(language, on)
  language = language or vim.bo.filetype
  if language == "" then
    messages.say("this buffer has no language", vim.log.levels.WARN)
    return
  end
  local languages = vim.tbl_extend("force", config.get().settings.languages or {}, { [language] = on })
  server.configure({ languages = languages })
  suggest.dismiss()
  messages.say(("%s is %s"):format(language, on and "on" or "off"))
end

local function explain()
  local buf = vim.api.nvim_get_current_buf()
  local client = server.client(buf)
  if not client then
    messages.say("this buffer is not the server's; see :checkhealth codegen", vim.log.levels.WARN)
    return
  end
  local params = { textDocument = { uri = vim.uri_from_bufnr(buf) } }
  client:request("codegen/explain", params, function(err, result)
    if err or not result then
      messages.say(err and err.message or "nothing was asked for here yet")
      return
    end
    show("explain", vim.split(vim.inspect(result), "\n"), "lua")
  end, buf)
end

local function tell_status()
  local told = status.get()
  local client = server.client(vim.api.nvim_get_current_buf())
  local parts = { status.text(), told and told.message ~= "" and told.message or nil }
  if not client then
    parts[#parts + 1] = "not in this buffer"
  elseif (config.get().settings.languages or {})[vim.bo.filetype] == false then
    parts[#parts + 1] = vim.bo.filetype .. " is off"
  end
  vim.api.nvim_echo({ { table.concat(parts, "; ") } }, false, {})
end

---@param choice string
local function answer(choice)
  if question.answer(choice) then
    return
  end
  local text = question.text()
  if text then
    vim.api.nvim_echo({ { text } }, false, {})
  else
    messages.say("asks nothing; after :Codegen restart it may")
  end
end

---@type table<string, fun(words: string[])>
local commands = {
  answer = function(words)
    answer(table.concat(words, " "))
  end,
  enable = function()
    enable(true)
  end,
  disable = function()
    enable(false)
  end,
  toggle = function()
    enable(not is_enabled())
  end,
  restart = function()
    server.restart()
  end,
  log = function()
    show("log", messages.lines(), "codegenlog")
    vim.cmd("normal! G")
  end,
  explain = explain,
  status = tell_status,
  language = function(words)
    if words[1] == "enable" or words[1] == "disable" then
      enable_language(words[2], words[1] == "enable")
    else
      messages.say("expected :Codegen language enable|disable [name]", vim.log.levels.WARN)
    end
  end,
}

---@return string[]
local function names()
  local found = vim.tbl_keys(commands)
  table.sort(found)
  return found
end

--- Runs `:Codegen`; without a word it tells the status.
---@param words string[]
function M.run(words)
  local command = commands[words[1] or "status"]
  if command then
    command(vim.list_slice(words, 2))
  else
    local known = table.concat(names(), ", ")
    messages.say(("no command %s; there are %s"):format(words[1], known), vim.log.levels.WARN)
  end
end

--- What can stand where the cursor is.
---@param line string up to the cursor
---@return string[]
function M.complete(line)
  local words = vim.split(line:gsub("^.-Codegen!?%s+", ""), "%s+")
  local choices = {} ---@type string[]
  if #words == 1 then
    choices = names()
  elseif words[1] == "answer" and #words == 2 then
    choices = question.choices()
  elseif words[1] == "language" and #words == 2 then
    choices = { "disable", "enable" }
  elseif words[1] == "language" and #words == 3 then
    choices = vim.fn.getcompletion(words[3], "filetype")
  end
  return vim.tbl_filter(function(choice)
    return vim.startswith(choice, words[#words])
  end, choices)
end

return M
