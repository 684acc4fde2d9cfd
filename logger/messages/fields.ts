/** Fields of protobuf messages, as the generated types describe them. */

/** All fields of a message, null or undefined where it is not set. Virtual oneof fields are left out. */
export type Fields<Message> = {
  readonly [Field in keyof Message as Field extends `_${string}` ? never : Field]-?:
    Message[Field] | null | undefined;
};

/** A message from all of its fields: a field that is forgotten does not compile. */
export function message<Message extends object>(fields: Fields<Message>): Message {
  // protobufjs writes neither null nor undefined.
  return fields as Message;
}
