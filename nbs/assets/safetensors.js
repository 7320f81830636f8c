// A reader for the safetensors format: eight bytes with the length of a header, the header in JSON, then the numbers.

const KINDS = {U8: Uint8Array, I16: Int16Array, I32: Int32Array, F32: Float32Array}

/** The tensors in the bytes of a file, name -> {shape, data}, and its metadata; an Error if it isn't whole. */
function parse(buffer) {
  const length = buffer.byteLength < 8 ? Infinity : Number(new DataView(buffer).getBigUint64(0, true))
  if (8 + length > buffer.byteLength) throw new Error('not a whole safetensors file')
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)))
  const {__metadata__: metadata = {}, ...entries} = header
  const tensors = {}
  for (const [name, {dtype, shape, data_offsets: [from, to]}] of Object.entries(entries)) {
    if (!KINDS[dtype]) throw new Error(`${name}: numbers of type ${dtype} can’t be read`)
    if (8 + length + to > buffer.byteLength) throw new Error(`${name}: the file ends before its last number`)
    const bytes = buffer.slice(8 + length + from, 8 + length + to)  // a copy: a typed array has to begin at a multiple of its size
    tensors[name] = {shape, data: new KINDS[dtype](bytes)}
  }
  return {metadata, tensors}
}

/** Fetch a file and parse it; an Error that names the file if that fails. */
export async function fetchTensors(url) {
  try {
    const response = await fetch(url)
    if (!response.ok) throw new Error(`the server answered ${response.status}`)
    return parse(await response.arrayBuffer())
  } catch (e) { throw new Error(`${String(url).split('/').pop()}: ${e.message}`) }
}
