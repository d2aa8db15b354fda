if vim.g.loaded_codegen then
  return
end
vim.g.loaded_codegen = true

vim.api.nvim_create_user_command("Codegen", function(args)
  require("codegen.commands").run(args.fargs)
end, {
  nargs = "*",
  desc = "Local code completion",
  complete = function(_, line)
    return require("codegen.commands").complete(line)
  end,
})
