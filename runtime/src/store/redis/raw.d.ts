/** The bundler and the test runner give the text of the file. */
declare module '*.lua?raw' {
  const text: string;
  export default text;
}
