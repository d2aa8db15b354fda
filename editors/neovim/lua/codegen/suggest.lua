--- Asks for suggestions, shows them, lets them be typed, and puts them in.

local config = require("codegen.config")
local ghost = require("codegen.ghost")
local server = require("codegen.server")
local suggestion = require("codegen.suggestion")

local M = {}

local METHOD = "textDocument/inlineCompletion"

-- The protocol's kinds of a request.
local INVOKED, AUTOMATIC = 1, 2

---@class codegen.Shown what is on the screen
---@field buf integer
---@field tick integer of the buffer, when it was shown
---@field row integer of the cursor
---@field col integer
---@field list codegen.Suggestion[] the candidates
---@field index integer
---@field invoked boolean all candidates were asked for

---@type codegen.Shown?
local shown
---@type { client: vim.lsp.Client, id: integer }?
local pending
-- The number of the newest request: what older ones are answered counts no more.
local newest = 0

-- The suggestions that the server was told of.
---@type table<codegen.Suggestion, true>
local told = setmetatable({}, { __mode = "k" })

--- Whether this is a place and a time for suggestions. While keys are recorded it is not: who
--- replays them has no suggestion to accept. Nor while a menu is open.
local function may_suggest()
  return vim.api.nvim_get_mode().mode == "i"
    and config.get().settings.enabled ~= false
    and vim.fn.pumvisible() == 0
    and vim.fn.reg_recording() == ""
    and vim.fn.reg_executing() == ""
end

local function hide()
  if shown then
    ghost.hide(shown.buf)
    shown = nil
  end
end

---@return codegen.Suggestion?
local function current()
  if shown and shown.buf == vim.api.nvim_get_current_buf() then
    return shown.list[shown.index]
  end
  return nil
end

--- Shows the current candidate as it is now, or nothing if it doesn't fit any more.
local function present()
  local one = current()
  local text, covered
  if one then
    text, covered = one:picture()
  end
  if not one or not text or not ghost.show(text, covered) then
    hide()
    return
  end
  shown.tick = vim.api.nvim_buf_get_changedtick(shown.buf)
  shown.row, shown.col = suggestion.cursor()
  if not told[one] then
    told[one] = true
    server.notify("textDocument/didShowCompletion", { item = one.item })
  end
end

--- Takes an answer.
---@param result table?
---@param client vim.lsp.Client
---@param invoked boolean
---@param step integer how many candidates to go on from the one that is shown
local function receive(result, client, invoked, step)
  local before = current()
  local same = before and before:remainder()
  local list, at = {}, nil
  for _, item in ipairs(result and (result.items or result) or {}) do
    local one = suggestion.new(item, client.offset_encoding)
    if one and one:picture() then
      list[#list + 1] = one
      if same and one:remainder() == same then
        -- It is on the screen already.
        at, told[one] = at or #list, told[before]
      end
    end
  end
  if #list == 0 then
    hide()
    return
  end
  local index = step == 0 and 1 or ((at or 0) + step - 1) % #list + 1
  shown = {
    buf = vim.api.nvim_get_current_buf(),
    tick = 0,
    row = 0,
    col = 0,
    list = list,
    index = index,
    invoked = invoked,
  }
  present()
end

---@param kind integer
---@param step? integer see `receive`
local function ask(kind, step)
  local buf = vim.api.nvim_get_current_buf()
  local client = server.client(buf)
  if not client then
    return
  end
  newest = newest + 1
  local number = newest
  local tick = vim.api.nvim_buf_get_changedtick(buf)
  local row, col = suggestion.cursor()
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  params.context = { triggerKind = kind }
  -- With the buffer's own number: only then are its changes sent first.
  local sent, id = client:request(METHOD, params, function(_, result)
    if number ~= newest then
      return
    end
    pending = nil
    if vim.api.nvim_get_current_buf() ~= buf or not may_suggest() then
      return
    end
    local now_row, now_col = suggestion.cursor()
    if vim.api.nvim_buf_get_changedtick(buf) == tick and now_row == row and now_col == col then
      receive(result, client, kind == INVOKED, step or 0)
    end
  end, buf)
  pending = sent and { client = client, id = id } or nil
end

--- Takes what is shown off the screen, and wants no answer any more.
function M.dismiss()
  hide()
  newest = newest + 1
  if pending and pending.client.requests[pending.id] then
    pending.client:cancel_request(pending.id)
  end
  pending = nil
end

--- The text was edited in insert mode.
function M.edited()
  if not may_suggest() then
    M.dismiss()
    return
  end
  -- What was typed of the suggestion leaves the rest of it on the screen until the answer comes.
  present()
  ask(AUTOMATIC)
end

--- The cursor was moved in insert mode. An edit moves it, too, and is told of by itself.
function M.moved()
  if not shown or shown.tick ~= vim.api.nvim_buf_get_changedtick(shown.buf) then
    return
  end
  local row, col = suggestion.cursor()
  if row ~= shown.row or col ~= shown.col then
    hide()
  end
end

--- Whether there is a suggestion for where the cursor is now.
---@return boolean
function M.visible()
  local one = current()
  return one ~= nil and one:picture() ~= nil
end

--- The text that is on the screen; for the rule about indentation.
---@return string?
function M.text()
  local one = current()
  return one and one:picture()
end

--- What a key stands for; nil if it is not for us.
---@param action string
---@return string? keys
function M.press(action)
  if action == "invoke" or M.visible() then
    return ("<Plug>(codegen-%s)"):format(action)
  end
  return nil
end

--- Asks by hand, for several candidates.
function M.invoke()
  if may_suggest() then
    ask(INVOKED)
  end
end

--- Shows the next candidate, or the previous one. An automatic request brings one only, so the
--- first time all of them are asked for.
---@param step 1|-1
function M.step(step)
  if not shown then
    return
  elseif not shown.invoked then
    ask(INVOKED, step)
    return
  end
  for _ = 1, #shown.list do
    shown.index = (shown.index + step - 1) % #shown.list + 1
    if shown.list[shown.index]:picture() then
      break
    end
  end
  present()
end

--- Puts the suggestion in, or its next word or line. It is put in as a paste: so it is neither
--- indented nor wrapped nor taken for an abbreviation, and `.` repeats it as if it were typed.
---@param part "all"|"word"|"line"
function M.accept(part)
  local one = current()
  local remainder = one and one:picture() and one:remainder()
  if not one or not remainder then
    return
  end
  local addition = one:addition(remainder) or remainder
  local text = suggestion.part_of(part, addition)
  if text ~= addition then
    vim.api.nvim_paste(text, false, -1)
    local length = one:accepted_length()
    server.notify("textDocument/didPartiallyAcceptCompletion", { item = one.item, acceptedLength = length })
    return
  end
  hide()
  if one.rest ~= "" then
    local row, col = suggestion.cursor()
    vim.api.nvim_buf_set_text(0, row, col, row, col + #one.rest, {})
  end
  vim.api.nvim_paste(remainder, false, -1)
  if one.item.command then
    server.execute(one.item.command)
  end
end

return M
