// A certified OpenID provider (https://github.com/panva/node-oidc-provider) with the people and the
// client that the test names: node openid_provider.mjs <directory of its modules> <port> <settings>.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [directory, port, settings] = process.argv.slice(2);
const found = createRequire(`${directory}/`).resolve("oidc-provider");
const { Provider } = await import(pathToFileURL(found).href);
const { client, people } = JSON.parse(settings);

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [client],
  claims: {
    openid: ["sub"],
    email: ["email", "email_verified"],
    profile: ["name"],
    groups: ["groups"],
  },
  scopes: ["openid", "email", "profile", "groups"],
  features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  findAccount: (_ctx, id) =>
    people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
  pkce: { required: () => true },
  cookies: { keys: ["of this test run"] },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("serves"));
