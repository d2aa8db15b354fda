--- Ghost text: text on the screen that is not in the buffer.

local M = {}

local HIGHLIGHT = "CodegenGhost"

local namespace = vim.api.nvim_create_namespace("codegen")
-- The window that the namespace belongs to.
---@type integer?
local window

-- A grey of the 256 colours, and of 16 or fewer, on dark and light backgrounds alike.
local GREY, GREY_OF_16 = 244, 8

--- Makes the highlight, unless the user has one: what Comment has, and a grey where that tells no
--- comment from code on a terminal without 24-bit colours, as in Neovim's own colour scheme. Copied
--- and not linked, since a default link can't be changed any more.
function M.colour()
  local looks = vim.api.nvim_get_hl(0, { name = "Comment", link = false })
  if not looks.ctermfg and not looks.ctermbg and not next(looks.cterm or {}) then
    looks.ctermfg = (tonumber(vim.fn.eval("&t_Co")) or 256) >= 256 and GREY or GREY_OF_16
  end
  looks.default = true
  vim.api.nvim_set_hl(0, HIGHLIGHT, looks)
end

--- A line as it looks in the current window: virtual text knows no tabs and no control characters.
---@param line string
---@param column integer where on the screen it begins
---@return string
local function expanded(line, column)
  local pieces = {}
  for piece, tab in line:gmatch("([^\t]*)(\t?)") do
    piece = piece:gsub("%c", vim.fn.strtrans)
    pieces[#pieces + 1] = piece
    column = column + vim.fn.strdisplaywidth(piece, column)
    if tab ~= "" then
      local width = vim.fn.strdisplaywidth("\t", column)
      pieces[#pieces + 1] = (" "):rep(width)
      column = column + width
    end
  end
  return table.concat(pieces)
end

--- How many columns the text of the current window has.
---@return integer
local function room()
  local info = vim.fn.getwininfo(vim.api.nvim_get_current_win())[1]
  return info.width - info.textoff
end

--- Keeps ghost text out of other windows of the same buffer. That is new in Neovim, and may change:
--- without it the text is seen in all of them.
local function scope()
  local current = vim.api.nvim_get_current_win()
  -- A change draws the whole window again.
  if current ~= window then
    window = current
    pcall(vim.api.nvim__ns_set, namespace, { wins = { current } })
  end
end

--- Shows a text at the cursor of the current window, in place of what was shown.
---@param text string its first line stands at the cursor, the others below
---@param covered? string what stands after the cursor and is to be hidden by the text
---@return boolean shown
function M.show(text, covered)
  local row, col = unpack(vim.api.nvim_win_get_cursor(0))
  local lines = vim.split(text, "\n")
  local before = vim.fn.strdisplaywidth(vim.api.nvim_get_current_line():sub(1, col))
  local first = expanded(table.remove(lines, 1), before)
  local position = "inline"
  if covered then
    local width = vim.fn.strdisplaywidth(covered, before)
    if before + width > room() then
      -- It goes on in a second line of the screen, which can't be covered.
      M.hide(0)
      return false
    end
    position = "overlay"
    first = first .. (" "):rep(width - vim.fn.strdisplaywidth(first))
  end
  local below = vim.tbl_map(function(line)
    return { { expanded(line, 0), HIGHLIGHT } }
  end, lines)
  scope()
  vim.api.nvim_buf_set_extmark(0, namespace, row - 1, col, {
    id = 1,
    virt_text = { { first, HIGHLIGHT } },
    virt_text_pos = position,
    virt_lines = #below > 0 and below or nil,
    hl_mode = "combine",
    undo_restore = false,
  })
  return true
end

---@param buf integer
function M.hide(buf)
  if vim.api.nvim_buf_is_valid(buf) then
    vim.api.nvim_buf_clear_namespace(buf, namespace, 0, -1)
  end
end

return M
