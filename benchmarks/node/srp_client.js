/*
 * Signs in with amazon-cognito-identity-js against scripted answers, as often as each line of standard input says, and
 * writes the CPU seconds of that many sign-ins and the two bodies that were sent last, one JSON line for each line read.
 *
 * Usage: node srp_client.js ANSWERS.json
 */
'use strict';

const fs = require('fs');
const readline = require('readline');

const script = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const sent = {};

global.fetch = async (_url, { headers, body }) => {
	const operation = headers['X-Amz-Target'].split('.')[1];
	sent[operation] = body;
	return {
		ok: true,
		status: 200,
		headers: { get: () => null },
		json: async () => JSON.parse(script.answers[operation]),
	};
};

const { AuthenticationDetails, CognitoUser, CognitoUserPool } = require('amazon-cognito-identity-js');

const pool = new CognitoUserPool({ UserPoolId: script.pool_id, ClientId: script.client_id });

function signIn() {
	const user = new CognitoUser({ Username: script.user_name, Pool: pool });
	const details = new AuthenticationDetails({ Username: script.user_name, Password: script.password });
	return new Promise((resolve, reject) => {
		user.authenticateUser(details, { onSuccess: resolve, onFailure: reject });
	});
}

async function answer(line) {
	const before = process.cpuUsage();
	for (let i = 0; i < Number(line); i++) await signIn();
	const spent = process.cpuUsage(before);
	const cpu = (spent.user + spent.system) / 1e6;
	process.stdout.write(JSON.stringify({ cpu, sent }) + '\n');
}

(async () => {
	for await (const line of readline.createInterface({ input: process.stdin })) await answer(line);
})();
