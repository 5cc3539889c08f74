// Looks at a site in headless Chromium: contrast, headings, links, requests to other hosts, width, and search.
//
//   node check.mjs SITE [--screenshots DIR] [--only PAGE]
//
// Prints a line for each problem, and exits with 1 if there is one. CHROMIUM names the browser; the packages are in the
// directory DOCS_CHECK. Links to other hosts are not followed.

import { existsSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const VIEWS = [
  { name: "phone", width: 390, height: 844, scheme: "dark" },
  // As high as the navigation: axe-core takes the color of the footer for the background of what is scrolled away
  { name: "desktop", width: 1280, height: 1800, scheme: "light" },
];
const SCHEMES = ["light", "dark"];
// WCAG 2.1 A and AA (axe-core, "API: options parameter"), and the practices about headings
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];
const HEADINGS = ["heading-order", "page-has-heading-one", "empty-heading"];
// Browsers let the keyboard scroll such regions since 2024, except for Safari
const LEFT_OUT = ["scrollable-region-focusable"];
const TYPED = "dead-letter queue";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { screenshots: { type: "string" }, only: { type: "string" } },
});

function fail(text) {
  console.error(`Error: ${text}`);
  process.exit(1);
}

function browser() {
  const names = process.env.CHROMIUM ? [process.env.CHROMIUM] : ["chromium", "chromium-browser", "google-chrome"];
  const directories = (process.env.PATH ?? "").split(delimiter);
  const found = names.flatMap((name) => (name.includes("/") ? [name] : directories.map((one) => join(one, name))));
  return found.find(existsSync) ?? fail(`${names.join(", ")}: not found. Install Chromium, or set CHROMIUM to its path.`);
}

function packages(directory) {
  const require = createRequire(join(directory, "package.json"));
  try {
    return { chromium: require("playwright-core").chromium, axe: require("axe-core").source };
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
    return fail(`${directory}: no packages. Run make docs-check, which installs them.`);
  }
}

// A server shows 404.html at any address, so that its links begin at the root
function pages(directory) {
  return readdirSync(directory, { recursive: true })
    .filter((name) => name.endsWith(".html") && name !== "404.html" && (!values.only || name === values.only))
    .sort();
}

// What the page itself tells: where its links lead, its anchors, and whether it is wider than the window
function describe() {
  return {
    links: [...document.querySelectorAll("a[href]")].map((link) => link.href),
    anchors: [...document.querySelectorAll("[id], a[name]")].map((one) => one.id || one.name),
    excess: document.documentElement.scrollWidth - window.innerWidth,
  };
}

async function look(contexts, axe, site, name) {
  const problems = [];
  let described;
  for (const scheme of SCHEMES) {
    const page = await contexts[scheme].newPage();
    page.on("request", (request) => {
      if (!/^(file|data|blob|about):/.test(request.url())) problems.push(`request to ${request.url()}`);
    });
    page.on("pageerror", (error) => problems.push(`script error: ${error.message}`));
    await page.goto(pathToFileURL(join(site, name)).href, { waitUntil: "load" });
    await page.addStyleTag({ content: "*, ::before, ::after { transition: none !important; }" });
    await page.addScriptTag({ content: axe });
    // The first page in each combination, the others in those that have each width and each scheme
    for (const view of VIEWS.filter(({ scheme: its }) => name === "index.html" || its === scheme)) {
      await page.setViewportSize({ width: view.width, height: view.height });
      for (const problem of await judge(page)) problems.push(`${view.name}, ${scheme}: ${problem}`);
      described = await page.evaluate(describe);
      if (described.excess > 0) problems.push(`${view.name}: ${described.excess} pixels wider than the window`);
      if (values.screenshots) {
        const file = `${name.replaceAll("/", "-").replace(/\.html$/, "")}-${view.name}-${scheme}.png`;
        await page.screenshot({ path: join(values.screenshots, file) });
      }
    }
    await page.close();
  }
  return { name, problems, ...described };
}

async function judge(page) {
  const rules = Object.fromEntries([...HEADINGS, ...LEFT_OUT].map((rule) => [rule, { enabled: HEADINGS.includes(rule) }]));
  const options = { runOnly: TAGS, rules, resultTypes: ["violations"] };
  const { violations } = await page.evaluate((given) => window.axe.run(document, given), options);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => {
      const reason = [...node.any, ...node.all, ...node.none].map((check) => check.message)[0] ?? "";
      return `${id}: ${node.target.join(" ")}: ${reason}`;
    }),
  );
}

function* broken(looked, site) {
  const anchors = new Map(looked.map((one) => [join(site, one.name), new Set(one.anchors)]));
  for (const { name, links } of looked) {
    for (const link of new Set(links)) {
      const url = new URL(link);
      if (url.protocol !== "file:") continue;
      const anchor = decodeURIComponent(url.hash.slice(1));
      url.hash = url.search = "";
      const path = fileURLToPath(url);
      if (!existsSync(path) || statSync(path).isDirectory()) yield `${name}: link to ${path}, which is not a file`;
      else if (anchor && anchors.has(path) && !anchors.get(path).has(anchor)) yield `${name}: link to ${path}#${anchor}, which is not an anchor`;
    }
  }
}

// From a file, without a server and a network
async function* search(context, site) {
  const page = await context.newPage();
  await page.setViewportSize({ width: VIEWS[1].width, height: VIEWS[1].height });
  await page.goto(pathToFileURL(join(site, "index.html")).href);
  try {
    await page.locator(".md-search__input").click();
    await page.locator(".md-search-result__meta", { hasText: "Type to start searching" }).waitFor({ state: "attached" });
    await page.locator(".md-search__input").pressSequentially(TYPED);
    const result = page.locator(".md-search-result__link").first();
    await result.waitFor();
    const path = fileURLToPath((await result.evaluate((link) => link.href)).replace(/[?#].*/, ""));
    if (!existsSync(path)) yield `search: "${TYPED}" finds ${path}, which is not a file`;
    if (values.screenshots) await page.screenshot({ path: join(values.screenshots, "search.png") });
  } catch {
    yield `search: "${TYPED}" finds nothing without a server`;
  }
  await page.close();
}

const site = resolve(positionals[0] ?? fail("SITE is missing: the directory of a site."));
if (!existsSync(join(site, "index.html"))) fail(`${site}: no index.html. Build the site first.`);
const executablePath = browser();
const { chromium, axe } = packages(resolve(process.env.DOCS_CHECK ?? "build/docs-check"));

const chrome = await chromium.launch({ executablePath });
// A theme keeps its colors in the storage of a context
const contexts = {};
for (const scheme of SCHEMES) {
  contexts[scheme] = await chrome.newContext({ offline: true, colorScheme: scheme, reducedMotion: "reduce" });
  contexts[scheme].setDefaultTimeout(20_000);
}
const names = pages(site);
const looked = [];
// Two at a time: a page leaves a processor idle while it loads
await Promise.all([0, 1].map(async (start) => {
  for (let index = start; index < names.length; index += 2) looked.push(await look(contexts, axe, site, names[index]));
}));
const problems = looked.flatMap(({ name, problems }) => [...new Set(problems)].map((one) => `${name}: ${one}`));
problems.push(...broken(looked, site));
if (!values.only) for await (const problem of search(contexts.light, site)) problems.push(problem);
await chrome.close();
for (const problem of problems.sort()) console.log(problem);
console.log(`${names.length} pages, ${VIEWS.length} widths, ${SCHEMES.length} color schemes: ${problems.length} problems`);
process.exitCode = problems.length ? 1 : 0;
