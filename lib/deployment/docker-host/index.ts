export { createDockerHostDeployment } from './region';
