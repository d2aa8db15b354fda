--- The keys. None is taken from what it was for: where it isn't ours, it does what it did before.

local config = require("codegen.config")
local messages = require("codegen.messages")

local M = {}

-- A mapping is known again by what it says it is.
local OURS = "codegen: "

-- The variable of a buffer that has our mappings. `:bdelete` takes it away as it does the mappings.
local MARK = "codegen_keys"

-- What each action runs.
local actions = {
  accept = [[require("codegen.suggest").accept("all")]],
  accept_word = [[require("codegen.suggest").accept("word")]],
  accept_line = [[require("codegen.suggest").accept("line")]],
  next = [[require("codegen.suggest").step(1)]],
  previous = [[require("codegen.suggest").step(-1)]],
  invoke = [[require("codegen.suggest").invoke()]],
  dismiss = [[require("codegen.suggest").dismiss()]],
}

---@class codegen.Taken a key of ours in a buffer
---@field lhs string
---@field before? table<string, any> the buffer's own mapping of it, as maparg() gives it

---@type table<integer, table<string, codegen.Taken>> by buffer and action
local taken = {}

--- Who shows suggestions: it says which keys an action stands for, or nil if it has nothing to do.
---@return { press: fun(action: string): string? }
local function backend()
  return require("codegen.native").wanted() and require("codegen.native") or require("codegen.suggest")
end

--- Whether the key is to indent: nothing but blanks before the cursor, and the suggestion begins
--- with at least what the key would put in.
---@return boolean
local function indents()
  local before = vim.api.nvim_get_current_line():sub(1, vim.api.nvim_win_get_cursor(0)[2])
  local blanks = (require("codegen.suggest").text() or ""):match("^[ \t]*")
  local column = vim.fn.strdisplaywidth(before)
  return not before:find("%S") and vim.fn.strdisplaywidth(blanks, column) >= vim.fn.shiftwidth()
end

--- What the user's option says. If it fails, that is told: raised here, Neovim would wait for a key.
---@return boolean
local function user_yields()
  local ok, yes = pcall(config.get().yield_when)
  if not ok then
    -- Without the place, for which the message's one line has no room.
    local why = tostring(yes):gsub("^[^\n]-:%d+: ", "")
    messages.say("option yield_when: " .. why, vim.log.levels.WARN)
  end
  return ok and yes == true
end

--- Whether the accept key is for something else now.
---@param lhs string
---@return boolean
local function yields(lhs)
  return vim.fn.pumvisible() == 1
    or vim.snippet.active({ direction = 1 })
    or (vim.keycode(lhs) == "\t" and indents())
    or user_yields()
end

--- The global mapping of a key, as maparg() would give it.
---@param lhs string
---@return table<string, any>?
local function global_mapping(lhs)
  local raw = vim.keycode(lhs)
  for _, mapping in ipairs(vim.api.nvim_get_keymap("i")) do
    if mapping.lhsraw == raw or mapping.lhsrawalt == raw then
      return mapping
    end
  end
  return nil
end

--- What a key does that isn't mapped: itself. One with Alt does nothing. Neovim would take it for
--- <Esc> and the key, and who asks for a suggestion where there is none stays in insert mode.
---@param lhs string
---@return string
local function unmapped(lhs)
  local key = vim.fn.keytrans(vim.keycode(lhs)):match("^<M%-(.+)>$")
  local more = key and key:find("^%a%-.")
  return key and not more and "" or lhs
end

--- What a key was mapped to before. A global mapping is looked up now, since it may be made after
--- ours.
---@param key codegen.Taken
---@return table<string, any>?
local function mapping_before(key)
  return key.before or global_mapping(key.lhs)
end

--- The keys that do what a key did before. Its mapping is given another name, and all its flags:
--- so it runs as Neovim itself would run it.
---@param action string
---@param key codegen.Taken
---@return string keys that may be mapped; the key itself isn't mapped again
local function before(action, key)
  local mapping = mapping_before(key)
  if not mapping then
    return unmapped(key.lhs)
  end
  local name = ("<Plug>(codegen-before-%s)"):format(action)
  local copy = vim.tbl_extend("force", mapping, { lhs = name, lhsraw = vim.keycode(name), buffer = 0 })
  copy.lhsrawalt = nil
  if mapping.rhs and vim.startswith(vim.keycode(mapping.rhs), vim.keycode(key.lhs)) then
    -- The key at its beginning would be ours again.
    copy.noremap = 1
  end
  vim.fn.mapset("i", false, copy)
  return name
end

---@param action string
---@param key codegen.Taken
---@return string keys
local function press(action, key)
  -- To invoke needs no suggestion: who has mapped its key would never get it otherwise.
  local not_ours = (action == "accept" and yields(key.lhs)) or (action == "invoke" and mapping_before(key))
  if not_ours then
    return before(action, key)
  end
  return backend().press(action) or before(action, key)
end

--- Takes the keys in the current buffer. Once only: who maps one of them for the buffer later
--- means it.
function M.install()
  local buf = vim.api.nvim_get_current_buf()
  if vim.b[buf][MARK] then
    return
  end
  vim.b[buf][MARK] = true
  taken[buf] = {}
  for action, lhs in pairs(config.get().keys) do
    if lhs then
      local mapping = vim.fn.maparg(lhs, "i", false, true)
      local key = { lhs = lhs, before = mapping.buffer == 1 and mapping or nil }
      taken[buf][action] = key
      vim.keymap.set("i", lhs, function()
        return press(action, key)
      end, {
        buffer = buf,
        expr = true,
        remap = true,
        silent = true,
        desc = OURS .. action:gsub("_", " "),
      })
    end
  end
end

--- Gives all keys back.
local function uninstall()
  for buf, keys in pairs(taken) do
    if vim.api.nvim_buf_is_valid(buf) then
      vim.api.nvim_buf_call(buf, function()
        for _, key in pairs(keys) do
          local mapping = vim.fn.maparg(key.lhs, "i", false, true)
          if mapping.buffer == 1 and vim.startswith(mapping.desc or "", OURS) then
            vim.keymap.del("i", key.lhs, { buffer = true })
            if key.before then
              vim.fn.mapset("i", false, key.before)
            end
          end
        end
      end)
      vim.b[buf][MARK] = nil
    end
  end
  taken = {}
end

--- Makes the names that the user's own mappings can use, too.
function M.setup()
  uninstall()
  for action, call in pairs(actions) do
    local keys = ("<Cmd>lua %s<CR>"):format(call)
    if vim.startswith(action, "accept") then
      -- What is put in is one step of undoing, between what was typed before and after.
      keys = "<C-g>u" .. keys .. "<C-g>u"
    end
    vim.keymap.set("i", ("<Plug>(codegen-%s)"):format(action), keys, { silent = true, desc = OURS .. action })
  end
end

return M
