// The proof of work is done by workers from files of this site: the policy allows no others.
const { worker } = document.getElementById("challenge").dataset;
globalThis.$altcha.algorithms.set("PBKDF2/SHA-256", () => new Worker(worker));
