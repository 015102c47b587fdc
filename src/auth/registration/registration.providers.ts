import { OpenRegistration } from './open-registration.js';
import { RegistrationService } from './registration.service.js';
import { SilentRegistration } from './silent-registration.js';
import { TakenNotices } from './taken-notices.js';

/** The providers of registration. */
export const REGISTRATION = [OpenRegistration, RegistrationService, SilentRegistration, TakenNotices];
