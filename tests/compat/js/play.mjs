// Runs one scene: `node play.mjs signing_in/bySrp`, with what it is given as JSON on standard input.
// A scene is an exported function of one of the files beside this one; what it returns is printed as JSON.

const [file, scene] = process.argv[2].split('/');
const { [scene]: play } = await import(`./${file}.mjs`);

let text = '';
for await (const part of process.stdin) text += part;
const seen = await play(JSON.parse(text));
process.stdout.write(JSON.stringify(seen ?? null));
