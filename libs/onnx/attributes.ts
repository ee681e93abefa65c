import { AttributeProto, type NodeProto, AttributeProto_AttributeType as Type } from '../../gen/onnx.js'

/** An integer attribute. */
export const int = (name: string, value: number): AttributeProto =>
  AttributeProto.fromPartial({ name, type: Type.INT, i: BigInt(value) })

/** A list of integers as an attribute. */
export const ints = (name: string, values: readonly number[]): AttributeProto =>
  AttributeProto.fromPartial({ name, type: Type.INTS, ints: values.map(BigInt) })

/** A float32 attribute. */
export const float = (name: string, value: number): AttributeProto =>
  AttributeProto.fromPartial({ name, type: Type.FLOAT, f: value })

/** A text attribute, written as UTF-8. */
export const text = (name: string, value: string): AttributeProto =>
  AttributeProto.fromPartial({ name, type: Type.STRING, s: Buffer.from(value, 'utf8') })

const named = (node: NodeProto, name: string) => node.attribute.find((attribute) => attribute.name === name)

/** The integer attribute `name` of a node, or `otherwise` (the operator's default) when the node does not set it. */
export const intOf = (node: NodeProto, name: string, otherwise: number): number => {
  const attribute = named(node, name)
  return attribute ? Number(attribute.i) : otherwise
}

/** The integer-list attribute `name` of a node, or `otherwise` when the node does not set it. */
export const intsOf = (node: NodeProto, name: string, otherwise: readonly number[]): readonly number[] =>
  named(node, name)?.ints.map(Number) ?? otherwise

/** The float attribute `name` of a node, or `otherwise` when the node does not set it. */
export const floatOf = (node: NodeProto, name: string, otherwise: number): number => named(node, name)?.f ?? otherwise

/** The text attribute `name` of a node, or `otherwise` when the node does not set it. */
export const textOf = (node: NodeProto, name: string, otherwise: string): string =>
  named(node, name)?.s.toString('utf8') ?? otherwise
