-- Alternative text belongs to images; on a `div`, where Quarto repeats it, it isn't valid.
return {{ Div = function(div) div.attributes['alt'] = nil; return div end }}
