--- One suggestion and the text that it belongs to: what of it is not typed yet, and what of that
--- can be shown truthfully. Rows and columns are in bytes, from 0.

---@class codegen.Suggestion
---@field item table the server's item
---@field text string what is to stand from `row` and `col` on, its lines ended by "\n"
---@field row integer
---@field col integer
---@field rest string what stands after the cursor and is replaced, too
---@field after string all that stands after the cursor in its line, `rest` first
---@field eol string how the item ends its lines
local Suggestion = {}
Suggestion.__index = Suggestion

local M = {}

---@return integer row, integer col of the cursor
function M.cursor()
  local at = vim.api.nvim_win_get_cursor(0)
  return at[1] - 1, at[2]
end

---@param row integer
---@return string
local function line_at(row)
  return vim.api.nvim_buf_get_lines(0, row, row + 1, false)[1] or ""
end

---@param position lsp.Position
---@param encoding string
---@return integer
local function byte_column(position, encoding)
  return vim.str_byteindex(line_at(position.line), encoding, position.character, false)
end

--- An item for the cursor of the current buffer; nil for one that doesn't fit.
---@param item table
---@param encoding string of the item's positions
---@return codegen.Suggestion?
function M.new(item, encoding)
  local row, col = M.cursor()
  local after = line_at(row):sub(col + 1)
  local from_row, from_col, to_col = row, col, col
  if item.range then
    if item.range["end"].line ~= row then
      return nil
    end
    from_row, from_col = item.range.start.line, byte_column(item.range.start, encoding)
    to_col = byte_column(item.range["end"], encoding)
  end
  if type(item.insertText) ~= "string" or to_col < col then
    return nil
  end
  return setmetatable({
    item = item,
    text = (item.insertText:gsub("\r\n", "\n")),
    row = from_row,
    col = from_col,
    rest = after:sub(1, to_col - col),
    after = after,
    eol = item.insertText:find("\r\n", 1, true) and "\r\n" or "\n",
  }, Suggestion)
end

--- What stands between its start and the cursor; nil if the cursor is before it.
---@return string?
function Suggestion:typed()
  local row, col = M.cursor()
  if row < self.row or (row == self.row and col < self.col) then
    return nil
  end
  return table.concat(vim.api.nvim_buf_get_text(0, self.row, self.col, row, col, {}), "\n")
end

--- What comes after the cursor once it is accepted; nil if something else was typed.
---@return string?
function Suggestion:remainder()
  local row, col = M.cursor()
  local typed = self:typed()
  if not typed or not vim.startswith(self.text, typed) or line_at(row):sub(col + 1) ~= self.after then
    return nil
  end
  return self.text:sub(#typed + 1)
end

--- What can be inserted before the cursor's rest of the line, so that this rest may stay as it is.
---@param remainder string
---@return string? nil if the rest must change
function Suggestion:addition(remainder)
  if vim.endswith(remainder, self.rest) then
    return remainder:sub(1, #remainder - #self.rest)
  end
  return nil
end

--- How it is shown: a text at the cursor, and what of the buffer that text must hide.
---@return string? text, string? covered nil if there is nothing to show
function Suggestion:picture()
  local remainder = self:remainder()
  if not remainder then
    return nil
  end
  local addition = self:addition(remainder)
  if addition == "" or remainder == "" then
    return nil
  end
  if addition and (self.after == "" or not addition:find("\n", 1, true)) then
    return addition
  end
  return remainder .. self.after:sub(#self.rest + 1), self.after
end

--- The next word or line of what remains, with the blanks before it.
---@param part "word"|"line"|"all"
---@param addition string
---@return string
function M.part_of(part, addition)
  if part == "word" then
    return addition:match("^%s*[%w_\128-\255]+") or addition:match("^%s*[^%s%w_\128-\255]+") or addition
  elseif part == "line" then
    return addition:match("^\n*[^\n]*")
  end
  return addition
end

--- How much of the item's text stands before the cursor, in the units that the protocol counts.
---@return integer
function Suggestion:accepted_length()
  local typed = (self:typed() or ""):gsub("\n", self.eol)
  return vim.str_utfindex(typed, "utf-16")
end

return M
