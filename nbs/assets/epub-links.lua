-- A book in one file: a link to a chapter's file becomes one to its heading, and no fold is open from the start
-- (`<details open>` isn't XML).

local ids = {}

return {
  {
    Meta = function(meta)
      for file, id in pairs(meta['chapter-ids'] or {}) do ids[file] = pandoc.utils.stringify(id) end
    end
  },
  {
    Link = function(link)
      local file, anchor = link.target:match('^%.?/?([%w_-]+)%.%a+#?(.*)$')
      if file == nil or link.target:match('^%a+:') then return nil end
      for name, id in pairs(ids) do
        if name == file or name:gsub('^%d+_', '') == file then
          link.target = '#' .. (anchor ~= '' and anchor or id)
          link.attributes['download'] = nil
          return link
        end
      end
    end,
    CodeBlock = function(block) block.attributes['code-fold'] = nil; return block end,
    Div = function(div) div.attributes['code-fold'] = nil; return div end
  }
}
