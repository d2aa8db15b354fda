--- What the server asks the user: before it fetches a model, it wants consent. A prompt that opens
--- by itself would take keys that are typed for something else as the answer. So a question is
--- announced, and only `:Codegen answer` answers it.

local messages = require("codegen.messages")
local status = require("codegen.status")

local M = {}

---@class codegen.Question
---@field message string
---@field actions lsp.MessageActionItem[]
---@field routine thread what sends the answer, once it is resumed with one

---@type codegen.Question?
local open

--- Nobody waits for an answer any more.
function M.withdraw()
  if open then
    open = nil
    status.asks(false)
  end
end

---@param action lsp.MessageActionItem? nil if none is chosen
local function reply(action)
  local asked = open
  M.withdraw()
  if asked then
    coroutine.resume(asked.routine, action or vim.NIL)
  end
end

--- Handles `window/showMessageRequest`, in a coroutine of its own.
---@type lsp.Handler
function M.ask(_, params)
  -- There is one at a time.
  reply(nil)
  local actions = params.actions or {}
  if #actions == 0 then
    messages.say(params.message)
    return vim.NIL
  end
  open = { message = params.message, actions = actions, routine = coroutine.running() }
  messages.say("asks, see :Codegen answer: " .. params.message)
  status.asks(true)
  return coroutine.yield()
end

--- Answers the question that is open.
---@param choice string
---@return boolean answered false if that is none of its choices
function M.answer(choice)
  for _, action in ipairs(open and open.actions or {}) do
    if action.title == choice then
      reply(action)
      return true
    end
  end
  return false
end

--- The choices that there are; none without a question.
---@return string[]
function M.choices()
  return vim.tbl_map(function(action)
    return action.title
  end, open and open.actions or {})
end

--- The whole question, and how it is answered; nil if there is none.
---@return string?
function M.text()
  if not open then
    return nil
  end
  local hints = vim.tbl_map(function(choice)
    return ":Codegen answer " .. choice
  end, M.choices())
  return table.concat({ open.message, unpack(hints) }, "\n")
end

return M
