// Holds the arguments of each resource of AWS against the provider's own: unknown ones and missing ones are errors.
//
//   NODE_PATH=TOOLS/node_modules node infra/terraform/arguments.cjs TYPES DIRECTORY...
//
// TYPES has the declarations of @cdktf/provider-aws, one directory for each resource (infra/check --install fetches them). Syntax errors
// are those of Terraform's own parser (@cdktf/hcl2json).
const fs = require("node:fs");
const path = require("node:path");
const { parse } = require("@cdktf/hcl2json");

const [types, ...directories] = process.argv.slice(2);
const META = new Set(["count", "for_each", "depends_on", "lifecycle", "provider"]);
const problems = [];
let looked = 0;

const kebab = (name) => name.replaceAll("_", "-");
const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());

// The interfaces of one declaration file: each property with its type, and whether it must be there.
function interfaces(file) {
  const found = {};
  let current = null;
  for (const line of fs.readFileSync(file, "utf8").split("\n")) {
    const begin = /^export interface (\w+)( extends cdktf\.TerraformMetaArguments)? \{/.exec(line);
    if (begin) {
      current = found[begin[1]] = {};
      if (begin[2]) found.root = current;
    } else if (line.startsWith("}")) {
      current = null;
    } else if (current) {
      const property = /^ {4}readonly (\w+)(\?)?: ([\w.]*)/.exec(line);
      if (property) current[property[1]] = { type: property[3], required: !property[2] };
    }
  }
  return found;
}

function hold(block, known, all, where, outermost) {
  for (const [name, value] of Object.entries(block)) {
    if (outermost && META.has(name)) continue;
    const property = known[camel(name)];
    if (!property) {
      problems.push(`${where}: the provider knows no argument ${name}`);
    } else if (all[property.type]) {
      for (const each of Array.isArray(value) ? value : [value]) {
        hold(each, all[property.type], all, `${where}.${name}`, false);
      }
    }
  }
  for (const [name, property] of Object.entries(known)) {
    if (property.required && !Object.keys(block).some((given) => camel(given) === name)) {
      problems.push(`${where}: the argument ${name} is missing`);
    }
  }
}

function holdFile(file, content) {
  for (const [kind, folder] of [["resource", ""], ["data", "data-aws-"]]) {
    for (const [type, named] of Object.entries(content[kind] ?? {})) {
      const declarations = path.join(types, folder + kebab(type.replace(/^aws_/, "")), "index.d.ts");
      for (const [name, blocks] of Object.entries(named)) {
        const where = `${file}: ${type}.${name}`;
        looked++;
        if (!fs.existsSync(declarations)) {
          problems.push(`${where}: the provider has no such ${kind}`);
          continue;
        }
        const all = interfaces(declarations);
        blocks.forEach((block) => hold(block, all.root, all, where, true));
      }
    }
  }
}

(async () => {
  for (const directory of directories) {
    for (const name of fs.readdirSync(directory).filter((each) => each.endsWith(".tf"))) {
      const file = path.join(directory, name);
      try {
        holdFile(file, await parse(file, fs.readFileSync(file, "utf8")));
      } catch (error) {
        problems.push(`${file}: ${error.message ?? error}`);
      }
    }
  }
  if (looked === 0) problems.push(`no resource is in ${directories.join(", ")}`);
  problems.forEach((problem) => console.log(problem));
  process.exit(problems.length === 0 ? 0 : 1);
})();
