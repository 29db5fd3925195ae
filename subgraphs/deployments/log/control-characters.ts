/** C0 and C1 controls except the tab: what a terminal would act on, escape sequences among them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const controlCharacters = /[\x00-\x08\x0A-\x1F\x7F-\x9F]/;

export const holdsControlCharacters = (text: string): boolean => controlCharacters.test(text);
