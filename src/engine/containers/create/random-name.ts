import { randomInt } from 'node:crypto';

const adjectives =
  'able agile amber apt bold brave breezy bright brisk calm candid careful cheerful clear clever cosy crisp curious daring deft eager earnest easy exact fair fine fleet fond frank fresh gentle glad golden good grand happy hardy humble jolly keen kind lively lucid lucky merry mild modest neat nimble noble patient placid plucky polite proud quick quiet ready serene sharp silver sincere smart snug sober steady sunny swift tender tidy tranquil trusty upbeat vivid warm wise witty young zesty';
const people =
  'abel agnesi ampere archimedes banach bernoulli bessel bolzano boole bose brahe cantor cauchy cavendish celsius ceres copernicus coulomb curie dalton darwin descartes dirac einstein erdos euclid euler faraday fermat fermi feynman fibonacci fourier franklin galileo galois gauss germain goedel goodall hamilton hawking herschel hilbert hopper huygens hypatia joule kepler knuth kovalevskaya lamarr laplace leavitt leibniz lovelace mach maxwell meitner mendel mendeleev mirzakhani napier newton noether ohm pascal pasteur planck poincare ptolemy raman ramanujan riemann rutherford sagan shannon thales turing volta watt wiles wright yalow';

const first = adjectives.split(' ');
const second = people.split(' ');

const pick = (words: readonly string[]): string => words[randomInt(words.length)] as string;

/**
 * A name for a container that was given none, as `calm_noether`.
 *
 * @param attempt from the second on, a digit makes it rarer
 */
export function randomName(attempt: number): string {
  return `${pick(first)}_${pick(second)}${attempt > 0 ? randomInt(10) : ''}`;
}
