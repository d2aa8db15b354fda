--- The user's options: one table, checked once. What is wrong is named and replaced by its default.

local M = {}

---@class codegen.Keys the key of an action in insert mode; false leaves the key alone
---@field accept string|false
---@field accept_word string|false
---@field accept_line string|false
---@field next string|false
---@field previous string|false
---@field invoke string|false
---@field dismiss string|false

---@class codegen.Config
---@field cmd string[] the server's command
---@field env table<string, string> variables of its environment
---@field settings table<string, any> the server's own settings, sent as they are
---@field root_markers string[] what a workspace's folder is known by
---@field ghost_text "own"|"native" who shows suggestions: this plugin, or Neovim 0.12 itself
---@field keys codegen.Keys
---@field yield_when fun(): boolean while this is true, the accept key does what it did before

---@return codegen.Config
local function defaults()
  return {
    cmd = { "codegen", "lsp" },
    env = {},
    settings = {},
    root_markers = { ".codegen.toml", ".git" },
    ghost_text = "own",
    keys = {
      accept = "<Tab>",
      accept_word = "<M-Right>",
      accept_line = "<M-C-Right>",
      next = "<M-n>",
      previous = "<M-p>",
      invoke = "<M-\\>",
      dismiss = "<C-]>",
    },
    yield_when = function()
      return false
    end,
  }
end

---@return boolean
local function is_strings(value)
  return vim.islist(value) and vim.iter(value):all(function(each)
    return type(each) == "string"
  end)
end

--- What each kind of value must be, and how that is said.
---@type table<string, { [1]: fun(value: any): boolean, [2]: string }>
local kinds = {
  strings = { is_strings, "a list of strings" },
  command = {
    function(value)
      return is_strings(value) and #value > 0
    end,
    "a list of strings, the program first",
  },
  table = {
    function(value)
      return type(value) == "table" and (next(value) == nil or not vim.islist(value))
    end,
    "a table with names",
  },
  ghost_text = {
    function(value)
      return value == "own" or value == "native"
    end,
    '"own" or "native"',
  },
  key = {
    function(value)
      return value == false or (type(value) == "string" and value ~= "")
    end,
    "a key such as <Tab>, or false",
  },
  ["function"] = { vim.is_callable, "a function" },
}

local kind_of = {
  cmd = "command",
  env = "table",
  settings = "table",
  root_markers = "strings",
  ghost_text = "ghost_text",
  yield_when = "function",
}

---@type codegen.Config?
local current
---@type string[]
local problems = {}

--- Lays `given` over `target`, field by field.
local function lay(target, given, prefix, kind_for)
  for name, value in vim.spairs(given) do
    local full = prefix .. tostring(name)
    if target[name] == nil then
      local known = vim.tbl_keys(target)
      table.sort(known)
      problems[#problems + 1] = ("no option %s; there are %s"):format(full, table.concat(known, ", "))
    else
      local check = kinds[kind_for(name)]
      if check[1](value) then
        target[name] = value
      else
        problems[#problems + 1] = ("option %s: expected %s"):format(full, check[2])
      end
    end
  end
end

--- Takes the user's options.
---@param options? table
---@return string[] problems a sentence about each option that is ignored
function M.set(options)
  local config = defaults()
  problems = {}
  local given = vim.deepcopy(options or {})
  local keys = given.keys
  given.keys = nil
  lay(config, given, "", function(name)
    return kind_of[name]
  end)
  if keys == false then
    keys = vim.tbl_map(function()
      return false
    end, config.keys)
  end
  if type(keys) == "table" then
    lay(config.keys, keys, "keys.", function()
      return "key"
    end)
  elseif keys ~= nil then
    problems[#problems + 1] = "option keys: expected a table, or false for no keys at all"
  end
  current = config
  return problems
end

--- The options as they are now; the defaults before `setup`.
---@return codegen.Config
function M.get()
  return current or defaults()
end

---@return boolean
function M.is_set()
  return current ~= nil
end

--- What was wrong with the options.
---@return string[]
function M.problems()
  return problems
end

return M
